import { z } from 'zod';
import { defineRpc } from '../contract';
import { pageOf, pageQuery, senderView, templateView, webhookDeliveryView } from '../views';

export const senderList = defineRpc('waba.sender.list.v1', pageQuery, pageOf(senderView));

export const templateList = defineRpc(
  'waba.template.list.v1',
  pageQuery.extend({ status: z.string().max(40).optional() }),
  pageOf(templateView),
);

/** Raw deliveries of Meta that touch the caller's tenant, newest first. */
export const webhookDeliveryList = defineRpc(
  'waba.webhook-delivery.list.v1',
  pageQuery.extend({ status: webhookDeliveryView.shape.status.optional() }),
  pageOf(webhookDeliveryView),
);

/** Puts a kept delivery on the road in again; what is already stored stays as it is. Errors: not_found. */
export const webhookDeliveryReplay = defineRpc(
  'waba.webhook-delivery.replay.v1',
  z.object({ deliveryId: z.uuid() }),
  z.object({ deliveryId: z.uuid(), replayedItems: z.number().int() }),
);
