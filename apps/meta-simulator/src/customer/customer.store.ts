import { Injectable } from '@nestjs/common';

export interface CustomerIdentity {
  waId?: string;
  userId?: string;
  parentUserId?: string;
  name?: string;
  username?: string;
}

export interface Customer extends CustomerIdentity {
  /** Fixed for life; the ids above can be learnt later. */
  readonly key: string;
}

const MAX_CUSTOMERS = 500_000;

/** The people out there. One person can be known by number, by business-scoped id, or both. */
@Injectable()
export class CustomerStore {
  private readonly byAlias = new Map<string, Customer>();
  private readonly customers = new Map<string, Customer>();

  /** Finds or makes the person, and learns what is new. */
  meet(identity: CustomerIdentity): Customer {
    const aliases = [identity.userId, identity.waId, identity.parentUserId].filter((id) => id !== undefined);
    let customer: Customer | undefined;
    for (const alias of aliases) customer ??= this.byAlias.get(alias);
    if (!customer) {
      customer = { key: identity.waId ?? identity.userId ?? identity.parentUserId ?? 'unknown' };
      this.forgetOldest();
      this.customers.set(customer.key, customer);
      this.byAlias.set(customer.key, customer);
    }
    Object.assign(customer, identity);
    for (const alias of aliases) this.byAlias.set(alias, customer);
    return customer;
  }

  find(alias: string): Customer | undefined {
    return this.byAlias.get(alias);
  }

  /** The person a business writes to, by number (digits) or by business-scoped id. */
  recipient(alias: string): Customer {
    return this.byAlias.get(alias) ?? this.meet(/^\d+$/.test(alias) ? { waId: alias } : { userId: alias });
  }

  clear(): void {
    this.byAlias.clear();
    this.customers.clear();
  }

  private forgetOldest(): void {
    if (this.customers.size < MAX_CUSTOMERS) return;
    const oldest = this.customers.values().next().value;
    if (!oldest) return;
    this.customers.delete(oldest.key);
    for (const alias of [oldest.key, oldest.userId, oldest.waId, oldest.parentUserId]) {
      if (alias !== undefined && this.byAlias.get(alias) === oldest) this.byAlias.delete(alias);
    }
  }
}
