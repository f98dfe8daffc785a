import { Injectable } from '@nestjs/common';
import { AccountStore, digitsOf, type PhoneNumber, templateKey, type Waba } from '../account/account.store';
import { PhoneEvents } from '../phone/phone.events';
import { Settings } from '../settings/settings';
import type { StatusesPatch } from '../settings/settings.schema';
import { TemplateService } from '../template/template.service';
import type { ConfigInput, PhoneInput, WabaInput } from './config.schema';

/** Applies a configuration: what is named is made or changed, what is not named stays. */
@Injectable()
export class ConfigService {
  constructor(
    private readonly settings: Settings,
    private readonly accounts: AccountStore,
    private readonly templates: TemplateService,
    private readonly events: PhoneEvents,
  ) {}

  apply(input: ConfigInput): void {
    if (input.webhookUrl !== undefined) this.settings.webhookUrl = input.webhookUrl;
    if (input.appSecret !== undefined) this.settings.appSecret = input.appSecret;
    if (input.verifyToken !== undefined) this.settings.verifyToken = input.verifyToken;
    this.settings.patch({
      ...(input.statuses ? { statuses: input.statuses } : {}),
      ...(input.webhook ? { webhook: input.webhook } : {}),
      ...(input.limits ? { limits: input.limits } : {}),
    });
    for (const waba of input.wabas ?? []) this.applyWaba(waba);
    this.events.publish(() => ({ type: 'config' }));
  }

  view(): Record<string, unknown> {
    const { webhookUrl, appSecret, verifyToken, statuses, webhook, limits } = this.settings;
    return {
      webhookUrl,
      appSecret,
      verifyToken,
      wabas: [...this.accounts.wabas.values()].map((waba) => this.wabaView(waba)),
      statuses,
      webhook,
      limits,
    };
  }

  private applyWaba(input: WabaInput): void {
    const waba = this.accounts.waba(input.id);
    if (input.accessToken !== undefined) this.accounts.setToken(waba, input.accessToken);
    if (input.name !== undefined) waba.name = input.name;
    if (input.locked !== undefined) waba.locked = input.locked;
    if (input.paymentIssue !== undefined) waba.paymentIssue = input.paymentIssue;
    if (input.subscribed !== undefined) waba.subscribed = input.subscribed;
    if (input.webhookUrl === null) delete waba.webhookUrl;
    else if (input.webhookUrl !== undefined) waba.webhookUrl = input.webhookUrl;
    for (const phone of input.phoneNumbers ?? []) applyPhone(this.accounts.phone(waba, phone.id), phone);
    for (const template of input.templates ?? []) {
      const known = waba.templates.get(templateKey(template.name, template.language));
      const id = template.id ?? known?.id;
      if (known && known.id !== id) this.accounts.removeTemplate(known);
      this.accounts.putTemplate(
        this.templates.build(waba, {
          name: template.name,
          language: template.language,
          category: template.category.toUpperCase(),
          components: template.components,
          status: template.status ?? known?.status ?? 'APPROVED',
          parameter_format: template.parameter_format ?? known?.parameter_format ?? 'POSITIONAL',
          ...(id === undefined ? {} : { id }),
        }),
      );
    }
  }

  private wabaView(waba: Waba): Record<string, unknown> {
    const { id, name, accessToken, locked, paymentIssue, subscribed, webhookUrl } = waba;
    return {
      id,
      name,
      accessToken,
      locked,
      paymentIssue,
      subscribed,
      ...(webhookUrl ? { webhookUrl } : {}),
      phoneNumbers: [...waba.phoneNumbers.values()].map((phone) => {
        const { waba: owner, digits, profile, ...rest } = phone;
        void [owner, digits, profile];
        return rest;
      }),
      templates: [...waba.templates.values()].map(({ wabaId, quality_score, rejected_reason, ...rest }) => {
        void [wabaId, quality_score, rejected_reason];
        return rest;
      }),
    };
  }
}

function applyPhone(phone: PhoneNumber, input: PhoneInput): void {
  if (input.displayPhoneNumber !== undefined) {
    phone.displayPhoneNumber = input.displayPhoneNumber;
    phone.digits = digitsOf(input.displayPhoneNumber);
  }
  if (input.verifiedName !== undefined) phone.verifiedName = input.verifiedName;
  if (input.status !== undefined) phone.status = input.status;
  if (input.qualityRating !== undefined) phone.qualityRating = input.qualityRating;
  if (input.registered !== undefined) phone.registered = input.registered;
  if (input.locked !== undefined) phone.locked = input.locked;
  if (input.paymentIssue !== undefined) phone.paymentIssue = input.paymentIssue;
  if (input.messagesPerSecond === null) delete phone.messagesPerSecond;
  else if (input.messagesPerSecond !== undefined) phone.messagesPerSecond = input.messagesPerSecond;
  if (input.webhookUrl === null) delete phone.webhookUrl;
  else if (input.webhookUrl !== undefined) phone.webhookUrl = input.webhookUrl;
  if (input.statuses === null) delete phone.statuses;
  else if (input.statuses !== undefined) phone.statuses = mergePatches(phone.statuses, input.statuses);
}

function mergePatches(base: StatusesPatch | undefined, patch: StatusesPatch): StatusesPatch {
  return {
    ...base,
    ...patch,
    delays: { ...base?.delays, ...patch.delays },
    loss: { ...base?.loss, ...patch.loss },
  };
}
