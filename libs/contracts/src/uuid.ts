import { z } from 'zod';

/** An id. Postgres takes both cases for the same and answers in this one: so ids can be compared as they are. */
export const uuid = z.uuid().toLowerCase();
