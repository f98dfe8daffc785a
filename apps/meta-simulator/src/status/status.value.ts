import type { PhoneNumber } from '../account/account.store';
import { errorTitle } from '../graph/graph.error';
import type { FailSetting, StatusName } from '../settings/settings.schema';
import type { Outgoing } from './outgoing';

export const metadata = (phone: PhoneNumber): Record<string, string> => ({
  display_phone_number: phone.digits,
  phone_number_id: phone.id,
});

function pricing(category: string): Record<string, unknown> {
  const free = category === 'service';
  return {
    billable: !free,
    pricing_model: 'PMP',
    type: free ? 'free_customer_service' : 'regular',
    category,
  };
}

/** The `messages` value that tells one status. */
export function statusValue(
  outgoing: Outgoing,
  status: StatusName | 'failed',
  timestamp: string,
  fail?: FailSetting,
): Record<string, unknown> {
  const { customer, phone, groupId } = outgoing;
  const recipientId = groupId ?? customer.waId;
  const body: Record<string, unknown> = { id: outgoing.wamid, status, timestamp };
  if (recipientId !== undefined) body.recipient_id = recipientId;
  if (groupId !== undefined) body.recipient_type = 'group';
  else {
    if (customer.userId !== undefined) body.recipient_user_id = customer.userId;
    if (customer.parentUserId !== undefined) body.parent_recipient_user_id = customer.parentUserId;
  }
  if (outgoing.callbackId !== undefined) body.biz_opaque_callback_data = outgoing.callbackId;
  // Pricing comes with `sent` and with one of the two that follow.
  if (status === 'sent' || status === 'delivered') body.pricing = pricing(outgoing.category);
  if (fail) {
    const title = errorTitle(fail.code);
    body.errors = [
      { code: fail.code, title, message: title, error_data: { details: fail.details ?? title } },
    ];
  }
  const value: Record<string, unknown> = { messaging_product: 'whatsapp', metadata: metadata(phone) };
  if (status !== 'failed' && groupId === undefined) {
    value.contacts = [
      {
        ...(customer.name === undefined ? {} : { profile: { name: customer.name } }),
        ...(customer.waId === undefined ? {} : { wa_id: customer.waId }),
        ...(customer.userId === undefined ? {} : { user_id: customer.userId }),
      },
    ];
  }
  value.statuses = [body];
  return value;
}
