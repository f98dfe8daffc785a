import { badParameter } from '../graph/graph.error';
import {
  checkMediaSource,
  invalid,
  isObject,
  type Json,
  missing,
  needArray,
  needObject,
  needText,
  optionalText,
} from './check';

const MEDIA_HEADERS = new Set(['image', 'video', 'document']);

function checkHeader(interactive: Json, allowed: ReadonlySet<string> | 'any'): void {
  if (interactive.header === undefined) return;
  const header = needObject(interactive, 'header', "interactive['header']");
  const type = String(header.type ?? '');
  if (type === '') throw missing("interactive['header']['type']");
  if (allowed !== 'any' && !allowed.has(type)) throw invalid(`Header type ${type} is not supported here`);
  if (type === 'text') needText(header, 'text', "interactive['header']['text']", 60);
  else if (MEDIA_HEADERS.has(type)) {
    checkMediaSource(
      needObject(header, type, `interactive['header']['${type}']`),
      `interactive['header']['${type}']`,
    );
  } else throw invalid(`Header type ${type} is unknown`);
}

function checkBody(interactive: Json, max: number, required = true): void {
  if (interactive.body === undefined && !required) return;
  needText(
    needObject(interactive, 'body', "interactive['body']"),
    'text',
    "interactive['body']['text']",
    max,
  );
}

function checkFooter(interactive: Json): void {
  if (interactive.footer === undefined) return;
  needText(
    needObject(interactive, 'footer', "interactive['footer']"),
    'text',
    "interactive['footer']['text']",
    60,
  );
}

function unique(ids: string[], what: string): void {
  if (new Set(ids).size !== ids.length) throw invalid(`Duplicate ${what}`);
}

function checkButtons(action: Json): void {
  const path = "interactive['action']['buttons']";
  const replies = needArray(action, 'buttons', path, 1, 3).map((button) => {
    if (button.type !== 'reply') throw invalid(`${path}: type must be reply`);
    const reply = needObject(button, 'reply', `${path}['reply']`);
    return {
      id: needText(reply, 'id', `${path}['reply']['id']`, 256),
      title: needText(reply, 'title', `${path}['reply']['title']`, 20),
    };
  });
  unique(
    replies.map((reply) => reply.id),
    'reply id in buttons',
  );
  unique(
    replies.map((reply) => reply.title),
    'title in buttons',
  );
}

function checkList(action: Json): void {
  needText(action, 'button', "interactive['action']['button']", 20);
  const path = "interactive['action']['sections']";
  const sections = needArray(action, 'sections', path, 1, 10);
  const ids: string[] = [];
  for (const section of sections) {
    if (sections.length > 1) needText(section, 'title', `${path}['title']`, 24);
    else optionalText(section, 'title', `${path}['title']`, 24);
    for (const row of needArray(section, 'rows', `${path}['rows']`, 1, 10)) {
      ids.push(needText(row, 'id', `${path}['rows']['id']`, 200));
      needText(row, 'title', `${path}['rows']['title']`, 24);
      optionalText(row, 'description', `${path}['rows']['description']`, 72);
    }
  }
  if (ids.length > 10) throw invalid(`Total row count exceed max allowed count: 10`);
  unique(ids, 'row id');
}

function needParameters(action: Json, name: string): Json {
  if (action.name !== name) throw invalid(`interactive['action']['name'] must be ${name}`);
  return needObject(action, 'parameters', "interactive['action']['parameters']");
}

function checkCtaUrl(action: Json): void {
  const parameters = needParameters(action, 'cta_url');
  needText(parameters, 'display_text', "parameters['display_text']", 20);
  const url = needText(parameters, 'url', "parameters['url']", 2000);
  if (!/^https?:\/\//i.test(url)) throw invalid("parameters['url'] is not a valid URL");
}

function checkFlow(action: Json): void {
  const parameters = needParameters(action, 'flow');
  if (String(parameters.flow_message_version ?? '') === '')
    throw missing("parameters['flow_message_version']");
  if (String(parameters.flow_message_version) !== '3') throw invalid('flow_message_version must be 3');
  const given = ['flow_id', 'flow_name'].filter((key) => parameters[key] !== undefined);
  if (given.length === 0) throw missing("parameters['flow_id'] or parameters['flow_name']");
  if (given.length === 2) throw badParameter('Only one of flow_id and flow_name is allowed.');
  needText(parameters, 'flow_cta', "parameters['flow_cta']", 30);
}

function checkProductList(action: Json): void {
  needText(action, 'catalog_id', "interactive['action']['catalog_id']", 256);
  const path = "interactive['action']['sections']";
  let products = 0;
  for (const section of needArray(action, 'sections', path, 1, 10)) {
    const items = needArray(section, 'product_items', `${path}['product_items']`, 1, 30);
    for (const item of items) needText(item, 'product_retailer_id', `${path}['product_retailer_id']`, 256);
    products += items.length;
  }
  if (products > 30) throw invalid('Total product count exceeds 30');
}

const noMore = (): void => undefined;

interface Kind {
  header: ReadonlySet<string> | 'any';
  body: number;
  bodyOptional?: boolean;
  action: (action: Json) => void;
}

const none = new Set<string>();
const text = new Set(['text']);
const KINDS: Record<string, Kind> = {
  button: { header: 'any', body: 1024, action: checkButtons },
  list: { header: text, body: 4096, action: checkList },
  cta_url: { header: 'any', body: 1024, action: checkCtaUrl },
  flow: { header: 'any', body: 1024, action: checkFlow },
  location_request_message: {
    header: none,
    body: 1024,
    action: (action) => {
      if (action.name !== 'send_location')
        throw invalid("interactive['action']['name'] must be send_location");
    },
  },
  address_message: {
    header: 'any',
    body: 1024,
    action: (action) => {
      const country = needText(
        needParameters(action, 'address_message'),
        'country',
        "parameters['country']",
        2,
      );
      if (!['IN', 'SG'].includes(country)) throw invalid('country must be IN or SG');
    },
  },
  product: {
    header: none,
    body: 1024,
    bodyOptional: true,
    action: (action) => {
      needText(action, 'catalog_id', "interactive['action']['catalog_id']", 256);
      needText(action, 'product_retailer_id', "interactive['action']['product_retailer_id']", 256);
    },
  },
  product_list: { header: text, body: 1024, action: checkProductList },
  catalog_message: { header: none, body: 1024, action: noMore },
  carousel: {
    header: 'any',
    body: 1024,
    action: (action) => void needArray(action, 'cards', "interactive['action']['cards']", 2, 10),
  },
  order_details: {
    header: 'any',
    body: 1024,
    action: (action) => void needParameters(action, 'review_and_pay'),
  },
  order_status: { header: none, body: 1024, action: (action) => void needParameters(action, 'review_order') },
  call_permission_request: { header: none, body: 1024, bodyOptional: true, action: noMore },
  request_contact_info: { header: none, body: 1024, action: noMore },
};

export function checkInteractive(interactive: Json): void {
  const type = interactive.type;
  if (type === undefined) throw missing("interactive['type']");
  const kind = typeof type === 'string' ? KINDS[type] : undefined;
  if (!kind)
    throw badParameter(`Param interactive['type'] must be one of {${Object.keys(KINDS).join(', ')}}.`);
  checkHeader(interactive, kind.header);
  if (type === 'product_list' && !isObject(interactive.header)) throw missing("interactive['header']");
  checkBody(interactive, kind.body, !kind.bodyOptional);
  checkFooter(interactive);
  kind.action(needObject(interactive, 'action', "interactive['action']"));
}
