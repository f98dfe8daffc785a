import { z } from 'zod';
import { defineRpc } from '../contract';
import { line, pageOf, pageQuery, senderView, sortBy, templateView, webhookDeliveryView } from '../views';
import { uuid } from '../uuid';

export const senderSort = sortBy('createdAt', 'name');

/**
 * The numbers of the tenant; with `q` those with it in their name or number, upper or lower case.
 * Errors: invalid_cursor.
 */
export const senderList = defineRpc(
  'waba.sender.list.v1',
  pageQuery.extend({
    status: senderView.shape.status.optional(),
    q: line(100).optional(),
    sort: senderSort.optional(),
  }),
  pageOf(senderView),
);

export const templateSort = sortBy('createdAt', 'name');

export const templateList = defineRpc(
  'waba.template.list.v1',
  pageQuery.extend({
    status: z.string().max(40).optional(),
    language: z.string().max(40).optional(),
    category: z.string().max(40).optional(),
    q: line(100).optional(),
    sort: templateSort.optional(),
  }),
  pageOf(templateView),
);

export const webhookDeliverySort = sortBy('receivedAt');

/** Raw deliveries of Meta that touch the caller's tenant, newest first or by `sort`. */
export const webhookDeliveryList = defineRpc(
  'waba.webhook-delivery.list.v1',
  pageQuery.extend({
    status: webhookDeliveryView.shape.status.optional(),
    sort: webhookDeliverySort.optional(),
  }),
  pageOf(webhookDeliveryView),
);

/** Puts a kept delivery on the road in again; what is already stored stays as it is. Errors: not_found. */
export const webhookDeliveryReplay = defineRpc(
  'waba.webhook-delivery.replay.v1',
  z.object({ deliveryId: uuid }),
  z.object({ deliveryId: uuid, replayedItems: z.number().int() }),
);
