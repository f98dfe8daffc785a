export const TEMPLATE_STATUSES = [
  'APPROVED',
  'ARCHIVED',
  'DELETED',
  'DISABLED',
  'IN_APPEAL',
  'LIMIT_EXCEEDED',
  'PAUSED',
  'PENDING',
  'PENDING_DELETION',
  'REJECTED',
] as const;

export type TemplateStatus = (typeof TEMPLATE_STATUSES)[number];
export type ParameterFormat = 'POSITIONAL' | 'NAMED';

export interface TemplateButton {
  type: string;
  text?: string;
  url?: string;
  phone_number?: string;
  [key: string]: unknown;
}

/** One part of a template as it was created; unknown keys are kept. */
export interface TemplateComponent {
  type: string;
  format?: string;
  text?: string;
  buttons?: TemplateButton[];
  [key: string]: unknown;
}

export interface Template {
  id: string;
  wabaId: string;
  name: string;
  language: string;
  category: string;
  status: TemplateStatus;
  parameter_format: ParameterFormat;
  components: TemplateComponent[];
  quality_score: { score: string; date: number };
  rejected_reason: string;
}
