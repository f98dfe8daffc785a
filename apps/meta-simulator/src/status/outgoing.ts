import type { PhoneNumber } from '../account/account.store';
import type { Customer } from '../customer/customer.store';
import type { FailSetting, StatusesPatch } from '../settings/settings.schema';

/** An accepted message on its way to the customer. */
export interface Outgoing {
  wamid: string;
  phone: PhoneNumber;
  customer: Customer;
  /** Set for a group: statuses then speak of the group. */
  groupId?: string;
  callbackId?: string;
  type: string;
  body: Record<string, unknown>;
  /** Pricing category, lower case. */
  category: string;
  statuses?: StatusesPatch;
  fail?: FailSetting;
  /** A `read` was planned already; opening the chat must not make a second one. */
  readPlanned: boolean;
}
