import { counter, gauge, histogram } from '@scrm/platform';

export const connections = gauge('ws_connections', 'Open sockets');
export const connects = counter('ws_connects_total', 'Attempts to open a socket', ['outcome']);
export const disconnects = counter('ws_disconnects_total', 'Closed sockets, by close code', ['code']);
export const resumes = counter('ws_resume_total', 'How clients took up the stream: fresh, resumed or reset', [
  'outcome',
]);

const events = counter('realtime_events_total', 'Events of the tenants on this pod, by how they came', [
  'outcome',
]);
export const eventsLive = events.labels('live');
export const eventsRefilled = events.labels('refilled');
export const eventsMarked = events.labels('marked');
export const eventsDuplicate = events.labels('duplicate');
export const refills = counter('realtime_refills_total', 'Reads of history to close a gap', ['reason']);

export const inboundDelivery = histogram(
  'message_inbound_delivery_seconds',
  'From the commit of an inbound message to the first socket it is sent to',
);

export const webhookToScreen = histogram(
  'webhook_to_screen_seconds',
  "From the moment Meta's delivery came to the first socket its message is sent to",
);
