import { AppError } from '@scrm/platform';
import type { TemplateContent } from '../cloud-api/outbound-message';

export interface KnownTemplate {
  name: string;
  language: string;
  status: string;
  components: unknown[];
}

type Component = { type?: unknown; text?: unknown; format?: unknown };

const refused = (detail: string) => new AppError('template_not_usable', detail);

/** Checks what Meta would check: approved, and as many parameters as it was approved with. */
export function checkTemplate(content: TemplateContent, template: KnownTemplate | undefined): void {
  const label = `${content.name} (${content.language.code})`;
  if (!template) throw refused(`There is no template ${label}.`);
  if (template.status !== 'APPROVED')
    throw refused(`The template ${label} is ${template.status.toLowerCase()}.`);
  for (const kind of ['header', 'body'] as const) {
    const component = (template.components as Component[]).find((c) => String(c.type).toLowerCase() === kind);
    const media = component && typeof component.format === 'string' && component.format !== 'TEXT';
    const expected = component ? (media ? 1 : variablesOf(component.text)) : 0;
    const sent = content.components?.find((c) => c.type.toLowerCase() === kind)?.parameters?.length ?? 0;
    if (sent !== expected) {
      throw refused(`The ${kind} of the template ${label} takes ${expected} parameters, not ${sent}.`);
    }
  }
}

function variablesOf(text: unknown): number {
  return new Set(String(text ?? '').match(/\{\{\s*[\w]+\s*\}\}/g) ?? []).size;
}
