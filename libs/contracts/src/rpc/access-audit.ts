import { z } from 'zod';
import { auditPageView, auditQuery } from '../audit';
import { defineRpc } from '../contract';

/** Who may do what, and who came in: the part of the audit trail that is kept by `user`. */
export const accessAuditList = defineRpc('user.access-audit.list.v1', auditQuery, auditPageView);

/** Whoever is about to export the trail, by whatever it is narrowed down, is in it before. */
export const accessAuditExport = defineRpc(
  'user.access-audit.export.v1',
  auditQuery.omit({ before: true, limit: true }),
  z.object({}),
);
