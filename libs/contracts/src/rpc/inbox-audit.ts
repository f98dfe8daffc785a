import { z } from 'zod';
import { auditPageView, auditQuery } from '../audit';
import { defineRpc } from '../contract';

/** Conversations, numbers and what was read of customers: the part of the audit trail that is kept by `waba`. */
export const inboxAuditList = defineRpc('waba.inbox-audit.list.v1', auditQuery, auditPageView);

/** Whoever oversees others is about to be shown on a socket what customers write: it is in the trail before. */
export const inboxWatch = defineRpc('waba.inbox.watch.v1', z.object({}), z.object({}));
