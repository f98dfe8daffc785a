import { Injectable } from '@nestjs/common';
import type { StatusesPatch } from '../settings/settings.schema';
import type { Template } from '../template/template.types';

export interface PhoneNumber {
  readonly id: string;
  readonly waba: Waba;
  displayPhoneNumber: string;
  digits: string;
  verifiedName: string;
  status: string;
  qualityRating: string;
  messagesPerSecond?: number;
  registered: boolean;
  locked: boolean;
  paymentIssue: boolean;
  webhookUrl?: string;
  statuses?: StatusesPatch;
  /** Fields of the business profile, as last posted. */
  profile: Record<string, unknown>;
}

export interface Waba {
  readonly id: string;
  accessToken: string;
  name: string;
  locked: boolean;
  paymentIssue: boolean;
  subscribed: boolean;
  webhookUrl?: string;
  phoneNumbers: Map<string, PhoneNumber>;
  /** By `name|language`. */
  templates: Map<string, Template>;
}

/** The accounts that exist in this simulated Meta. */
@Injectable()
export class AccountStore {
  readonly wabas = new Map<string, Waba>();
  readonly phoneNumbers = new Map<string, PhoneNumber>();
  readonly templates = new Map<string, Template>();
  private readonly tokens = new Set<string>();

  waba(id: string): Waba {
    let waba = this.wabas.get(id);
    if (!waba) {
      waba = {
        id,
        accessToken: '',
        name: `WABA ${id}`,
        locked: false,
        paymentIssue: false,
        subscribed: true,
        phoneNumbers: new Map(),
        templates: new Map(),
      };
      this.wabas.set(id, waba);
    }
    return waba;
  }

  setToken(waba: Waba, token: string): void {
    waba.accessToken = token;
    this.tokens.clear();
    for (const each of this.wabas.values()) if (each.accessToken) this.tokens.add(each.accessToken);
  }

  phone(waba: Waba, id: string): PhoneNumber {
    let phone = this.phoneNumbers.get(id);
    if (phone && phone.waba !== waba) {
      phone.waba.phoneNumbers.delete(id);
      phone = undefined;
    }
    if (!phone) {
      phone = {
        id,
        waba,
        displayPhoneNumber: id,
        digits: id,
        verifiedName: '',
        status: 'CONNECTED',
        qualityRating: 'GREEN',
        registered: true,
        locked: false,
        paymentIssue: false,
        profile: {},
      };
      this.phoneNumbers.set(id, phone);
      waba.phoneNumbers.set(id, phone);
    }
    return phone;
  }

  knowsToken(token: string): boolean {
    return this.tokens.has(token);
  }

  putTemplate(template: Template): void {
    const waba = this.waba(template.wabaId);
    waba.templates.set(templateKey(template.name, template.language), template);
    this.templates.set(template.id, template);
  }

  removeTemplate(template: Template): void {
    this.templates.delete(template.id);
    this.wabas.get(template.wabaId)?.templates.delete(templateKey(template.name, template.language));
  }

  reset(): void {
    this.wabas.clear();
    this.phoneNumbers.clear();
    this.templates.clear();
    this.tokens.clear();
  }
}

export const templateKey = (name: string, language: string): string => `${name}|${language}`;

export const digitsOf = (number: string): string => number.replace(/\D/g, '');
