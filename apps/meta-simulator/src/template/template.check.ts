import { badParameter, GraphError } from '../graph/graph.error';
import { isObject, type Json } from '../message/check';
import type { Template, TemplateComponent } from './template.types';

const POSITIONAL = /\{\{\s*(\d+)\s*\}\}/g;
const NAMED = /\{\{\s*([a-z_][a-z0-9_]*)\s*\}\}/gi;

/** The distinct variables of a text, in order of first use. */
export function variablesOf(text: string | undefined, format: Template['parameter_format']): string[] {
  if (!text) return [];
  const names = [...text.matchAll(format === 'NAMED' ? NAMED : POSITIONAL)].map((match) => match[1] ?? '');
  return [...new Set(names)];
}

const typeIs = (component: { type?: unknown }, type: string): boolean =>
  String(component.type ?? '').toUpperCase() === type;

export const componentOf = (template: Template, type: string): TemplateComponent | undefined =>
  template.components.find((component) => typeIs(component, type));

const sentPart = (components: Json[], type: string): Json[] => {
  const part = components.find((component) => typeIs(component, type));
  return Array.isArray(part?.parameters) ? (part.parameters as unknown[]).filter(isObject) : [];
};

function checkText(where: string, expected: string[], given: Json[], template: Template): void {
  if (given.length !== expected.length) {
    throw new GraphError(
      132000,
      `${where}: number of localizable_params (${given.length}) does not match the expected number of params (${expected.length})`,
    );
  }
  if (template.parameter_format === 'NAMED') {
    const names = given.map((parameter) => parameter.parameter_name);
    if (names.some((name) => typeof name !== 'string' || name === '')) {
      throw new GraphError(100, `${where}: parameter_name is missing or empty`);
    }
    const lacking = expected.filter((name) => !names.includes(name));
    if (lacking.length > 0) throw new GraphError(132000, `${where}: no value for ${lacking.join(', ')}`);
  }
  for (const parameter of given) {
    if (parameter.type === 'text' && parameter.text === undefined) {
      throw new GraphError(131008, `${where}: text is missing in a parameter of type text`);
    }
  }
}

function checkHeader(template: Template, sent: Json[]): void {
  const header = componentOf(template, 'HEADER');
  const given = sentPart(sent, 'HEADER');
  const format = String(header?.format ?? 'TEXT').toUpperCase();
  if (!header || format === 'TEXT') {
    checkText('header', variablesOf(header?.text, template.parameter_format), given, template);
    return;
  }
  const received = String(given[0]?.type ?? 'UNKNOWN').toUpperCase();
  if (received !== format) {
    throw new GraphError(132012, `header: Format mismatch, expected ${format}, received ${received}`);
  }
}

function checkButtons(template: Template, sent: Json[]): void {
  const buttons = componentOf(template, 'BUTTONS')?.buttons ?? [];
  const given = new Map<number, Json>();
  for (const part of sent) if (typeIs(part, 'BUTTON')) given.set(Number(part.index), part);
  for (const [index, part] of given) {
    const button = buttons[index];
    if (!button) throw new GraphError(132000, `buttons: there is no button at index ${index}`);
    const subType = String(part.sub_type ?? '').toUpperCase();
    const fits =
      button.type.toUpperCase() === subType || (button.type.toUpperCase() === 'OTP' && subType === 'URL');
    if (!fits) {
      throw new GraphError(
        132012,
        `buttons: expected ${button.type.toUpperCase()} at index ${index}, received ${subType}`,
      );
    }
  }
  buttons.forEach((button, index) => {
    const dynamicUrl = button.type.toUpperCase() === 'URL' && /\{\{[^}]+\}\}/.test(button.url ?? '');
    const copyCode = button.type.toUpperCase() === 'COPY_CODE';
    if ((dynamicUrl || copyCode) && !Array.isArray(given.get(index)?.parameters)) {
      throw new GraphError(
        131008,
        `buttons: Button at index ${index} of type ${button.type} requires a parameter`,
      );
    }
  });
}

/** Do the parameters of this send fit the template as it was created? */
export function checkTemplateParameters(template: Template, components: unknown): void {
  if (components !== undefined && !Array.isArray(components))
    throw badParameter('Param components must be an array.');
  const sent = ((components ?? []) as unknown[]).filter(isObject);
  checkHeader(template, sent);
  const body = componentOf(template, 'BODY');
  checkText('body', variablesOf(body?.text, template.parameter_format), sentPart(sent, 'BODY'), template);
  checkButtons(template, sent);
}

/** May a template in this state be sent at all? */
export function checkTemplateState(template: Template | undefined, name: string, language: string): Template {
  const known = template;
  if (known?.status === 'PAUSED') throw new GraphError(132015, `Template ${name} (${language}) is paused`);
  if (known?.status === 'DISABLED')
    throw new GraphError(132016, `Template ${name} (${language}) is disabled`);
  if (known?.status === 'APPROVED') return known;
  throw new GraphError(132001, `template name (${name}) does not exist in ${language}`);
}
