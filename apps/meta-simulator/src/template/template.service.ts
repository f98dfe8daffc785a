import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AccountStore, templateKey, type Waba } from '../account/account.store';
import { GraphError } from '../graph/graph.error';
import { newObjectId } from '../graph/ids';
import { isObject, type Json } from '../message/check';
import { Settings } from '../settings/settings';
import { WebhookService } from '../webhook/webhook.service';
import { type Template, type TemplateComponent, type TemplateStatus } from './template.types';

const CATEGORIES = new Set(['AUTHENTICATION', 'MARKETING', 'UTILITY']);
const EDITABLE = new Set<TemplateStatus>(['APPROVED', 'REJECTED', 'PAUSED']);

function refuse(subcode: number, details: string): GraphError {
  return new GraphError(100, details, { subcode, message: `(#100) ${details}` });
}

function checkComponents(value: unknown): TemplateComponent[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) {
    throw refuse(2388042, 'components must be a non-empty array');
  }
  const components = value as TemplateComponent[];
  const limits: Record<string, number> = { HEADER: 60, BODY: 1024, FOOTER: 60 };
  for (const component of components) {
    const type = String(component.type ?? '').toUpperCase();
    const max = limits[type];
    if (max !== undefined && component.text && component.text.length > max) {
      throw refuse(2388040, `${type} has more than ${max} characters`);
    }
    if (type === 'BODY' && component.text && /^\s*\{\{|\}\}\s*$/.test(component.text)) {
      throw refuse(2388299, 'Variables cannot be at the start or the end of the template');
    }
    if (type === 'BUTTONS' && (component.buttons?.length ?? 0) > 10)
      throw refuse(2388042, 'More than 10 buttons');
  }
  return components;
}

/** A template's life: created, approved, edited, paused, deleted, each with its webhook. */
@Injectable()
export class TemplateService implements OnModuleDestroy {
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly settings: Settings,
    private readonly accounts: AccountStore,
    private readonly webhooks: WebhookService,
  ) {}

  create(waba: Waba, body: Json): Json {
    const { name, language, category } = body;
    if (typeof name !== 'string' || !/^[a-z0-9_]{1,512}$/.test(name)) {
      throw refuse(2388049, 'name may only have lower-case letters, digits and underscores');
    }
    if (typeof language !== 'string' || language === '') throw refuse(2388043, 'language is required');
    const upper = typeof category === 'string' ? category.toUpperCase() : '';
    if (!CATEGORIES.has(upper))
      throw refuse(2388043, 'category must be AUTHENTICATION, MARKETING or UTILITY');
    if (waba.templates.has(templateKey(name, language))) {
      throw refuse(2388024, 'There is already a template of this name in this language');
    }
    const template = this.build(waba, {
      name,
      language,
      category: upper,
      status: 'PENDING',
      components: checkComponents(body.components),
      parameter_format:
        String(body.parameter_format ?? '').toUpperCase() === 'NAMED' ? 'NAMED' : 'POSITIONAL',
    });
    this.accounts.putTemplate(template);
    this.approveLater(template);
    return { id: template.id, status: template.status, category: template.category };
  }

  build(
    waba: Waba,
    input: Pick<Template, 'name' | 'language' | 'category' | 'status' | 'components' | 'parameter_format'> & {
      id?: string;
    },
  ): Template {
    return {
      ...input,
      id: input.id ?? newObjectId(),
      wabaId: waba.id,
      quality_score: { score: 'UNKNOWN', date: 0 },
      rejected_reason: 'NONE',
    };
  }

  edit(template: Template, body: Json): Json {
    if (!EDITABLE.has(template.status))
      throw refuse(2388025, `A template that is ${template.status} cannot be edited`);
    if (body.category !== undefined) {
      const category = String(body.category).toUpperCase();
      if (!CATEGORIES.has(category)) throw refuse(2388043, 'category is unknown');
      if (template.status === 'APPROVED' && category !== template.category) {
        throw refuse(2388026, 'The category of an approved template is fixed');
      }
      template.category = category;
    }
    if (body.components !== undefined) template.components = checkComponents(body.components);
    template.status = 'PENDING';
    this.approveLater(template);
    return { success: true };
  }

  /** By name: all its languages; with `hsm_id`: that one. */
  delete(waba: Waba, name: string | undefined, hsmId: string | undefined): Json {
    if (!name && !hsmId) throw new GraphError(100, 'name is required');
    const doomed = [...waba.templates.values()].filter(
      (each) => (hsmId ? each.id === hsmId : true) && (name ? each.name === name : true),
    );
    if (doomed.length === 0) throw refuse(2593002, `Message template "${name ?? hsmId}" was not found`);
    for (const template of doomed) this.accounts.removeTemplate(template);
    return { success: true };
  }

  setStatus(
    template: Template,
    status: TemplateStatus,
    reason: string | null,
    extra: Json = {},
  ): string | undefined {
    const from = template.status;
    template.status = status;
    if (status === 'REJECTED') template.rejected_reason = reason ?? 'NONE';
    const event = from === 'PAUSED' && status === 'APPROVED' ? 'REINSTATED' : status;
    return this.webhooks.emit({
      wabaId: template.wabaId,
      field: 'message_template_status_update',
      timed: true,
      value: {
        event,
        message_template_id: Number(template.id),
        message_template_name: template.name,
        message_template_language: template.language,
        reason: reason ?? (status === 'APPROVED' ? 'NONE' : null),
        message_template_category: template.category,
        ...extra,
      },
      items: [{ id: template.id, status: event, field: 'message_template_status_update' }],
    });
  }

  reset(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  onModuleDestroy(): void {
    this.reset();
  }

  private approveLater(template: Template): void {
    const delay = this.settings.limits.templateApprovalMs;
    if (delay === null) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (template.status === 'PENDING') this.setStatus(template, 'APPROVED', null);
    }, delay);
    this.timers.add(timer);
  }
}
