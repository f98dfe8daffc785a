import { isObject, type Json } from '../message/check';
import { componentOf } from './template.check';
import type { Template } from './template.types';

export interface RenderedButton {
  type: string;
  text: string;
  /** Of a quick reply: what comes back when it is tapped. */
  payload?: string;
  url?: string;
}

export interface RenderedTemplate {
  header?: { format: string; text?: string; media?: Json };
  body: string;
  footer?: string;
  buttons: RenderedButton[];
}

function valueOf(parameter: Json): string {
  if (isObject(parameter.currency)) return String(parameter.currency.fallback_value ?? '');
  if (isObject(parameter.date_time)) return String(parameter.date_time.fallback_value ?? '');
  return String(parameter.text ?? parameter.payload ?? parameter.coupon_code ?? '');
}

function fill(text: string, parameters: Json[]): string {
  return text.replace(/\{\{\s*([^}\s]+)\s*\}\}/g, (whole, name: string) => {
    const named = parameters.find((parameter) => parameter.parameter_name === name);
    const parameter = named ?? (/^\d+$/.test(name) ? parameters[Number(name) - 1] : undefined);
    return parameter ? valueOf(parameter) : whole;
  });
}

const parametersOf = (part: Json | undefined): Json[] =>
  Array.isArray(part?.parameters) ? (part.parameters as unknown[]).filter(isObject) : [];

/** A template as the customer sees it, its variables filled in. */
export function renderTemplate(template: Template | undefined, sent: Json): RenderedTemplate {
  const components = (Array.isArray(sent.components) ? (sent.components as unknown[]) : []).filter(isObject);
  const part = (type: string): Json | undefined =>
    components.find((component) => String(component.type).toUpperCase() === type);
  if (!template) {
    const values = parametersOf(part('BODY')).map(valueOf).join(', ');
    return { body: `[${String(sent.name)}] ${values}`.trim(), buttons: [] };
  }
  const header = componentOf(template, 'HEADER');
  const headerParameters = parametersOf(part('HEADER'));
  const footer = componentOf(template, 'FOOTER')?.text;
  const format = String(header?.format ?? 'TEXT').toUpperCase();
  const media = headerParameters[0]?.[format.toLowerCase()];
  return {
    ...(header
      ? {
          header: {
            format,
            ...(header.text ? { text: fill(header.text, headerParameters) } : {}),
            ...(isObject(media) ? { media } : {}),
          },
        }
      : {}),
    body: fill(componentOf(template, 'BODY')?.text ?? '', parametersOf(part('BODY'))),
    ...(footer ? { footer } : {}),
    buttons: (componentOf(template, 'BUTTONS')?.buttons ?? []).map((button, index) => {
      const given = components.find(
        (component) => String(component.type).toUpperCase() === 'BUTTON' && Number(component.index) === index,
      );
      const parameters = parametersOf(given);
      const type = button.type.toUpperCase();
      const text = button.text ?? type.toLowerCase().replace('_', ' ');
      if (type === 'QUICK_REPLY') {
        return { type, text, payload: parameters[0] ? valueOf(parameters[0]) : text };
      }
      return { type, text, ...(button.url ? { url: fill(button.url, parameters) } : {}) };
    }),
  };
}
