import { z } from 'zod';
import { line } from './views';

/** A time zone by its IANA name: an offset would be wrong from the next change of clocks on. */
export const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'must be the IANA name of a time zone, e.g. Asia/Jakarta');

function isTimeZone(name: string): boolean {
  // Newer engines take offsets, too.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

const languageNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** By BCP 47 (`pt-BR`) or as WhatsApp writes it (`pt_BR`); kept by BCP 47. */
export const language = z
  .string()
  .trim()
  .max(35)
  .transform((given, context) => {
    const tag = canonicalLanguage(given.replaceAll('_', '-'));
    if (tag) return tag;
    context.addIssue({ code: 'custom', message: 'must be the code of a language, e.g. id or pt-BR' });
    return z.NEVER;
  });

function canonicalLanguage(tag: string): string | undefined {
  try {
    const [canonical] = Intl.getCanonicalLocales(tag);
    return canonical && languageNames.of(new Intl.Locale(canonical).language) ? canonical : undefined;
  } catch {
    return undefined;
  }
}

const without = <T>(list: T[], keyOf: (one: T) => string) => new Set(list.map(keyOf)).size === list.length;

export const languageList = z
  .array(language)
  .max(20)
  .refine((list) => without(list, (one) => one), 'must name each language once');

export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const clock = (last: string) =>
  z.string().regex(new RegExp(`^(([01]\\d|2[0-3]):[0-5]\\d${last})$`), 'must be a time of day, e.g. 09:30');

/** From a minute of the day to another; `24:00` is its end. What goes on past midnight is in two days. */
const interval = z
  .object({ from: clock(''), to: clock('|24:00') })
  .refine(({ from, to }) => from < to, 'must end after it begins; past midnight, go on in the next day');
export type Interval = z.output<typeof interval>;

const byStart = (list: Interval[]) => [...list].sort((a, b) => (a.from < b.from ? -1 : 1));

/** In the order of the day. */
const day = z
  .array(interval)
  .max(10)
  .overwrite(byStart)
  .refine(
    (list) => list.every(({ from }, i) => i === 0 || list[i - 1]!.to <= from),
    'must not overlap one another',
  );

const week = <T extends z.ZodType>(hours: T) =>
  ({
    monday: hours,
    tuesday: hours,
    wednesday: hours,
    thursday: hours,
    friday: hours,
    saturday: hours,
    sunday: hours,
  }) satisfies Record<Weekday, T>;

/** When somebody works, by the clock of their own time zone. A day that is absent is free. */
export const workingHours = z.strictObject(week(day.default([])));
export const workingHoursView = z.object(week(z.array(z.object({ from: z.string(), to: z.string() }))));
export type WorkingHours = z.output<typeof workingHoursView>;

/** Days that are not as their weekday: closed (a holiday), or open at other hours. In the order of their dates. */
export const specialDays = z
  .array(z.strictObject({ date: z.iso.date(), name: line(100).default(''), hours: day }))
  .max(400)
  .overwrite((list) => [...list].sort((a, b) => (a.date < b.date ? -1 : 1)))
  .refine((list) => without(list, ({ date }) => date), 'must have each date once');
export const specialDaysView = z.array(
  z.object({
    date: z.string(),
    name: z.string(),
    hours: z.array(z.object({ from: z.string(), to: z.string() })),
  }),
);
export type SpecialDays = z.output<typeof specialDaysView>;

/** Lower case, so that it is one skill however somebody writes it. `|` and `:` stand between skills in files. */
export const skillName = line(60)
  .trim()
  .toLowerCase()
  .min(1)
  .regex(/^[^|:]*$/, 'must not have | or : in it');
export const skillLevel = z.number().int().min(1).max(5);

export const skillList = z
  .array(z.object({ name: skillName, level: skillLevel }))
  .max(50)
  .refine((list) => without(list, ({ name }) => name), 'must name each skill once');

/** How many open conversations at a time. */
export const capacity = z.number().int().min(0).max(500);
export const DEFAULT_CAPACITY = 20;
