import fc from 'fast-check';
import { currentTrace, newTrace, traceFrom, traceparent, withTrace } from './trace';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('a trace', () => {
  it('goes on with the id of the caller, as a span of its own', () => {
    const trace = traceFrom(`00-${TRACE_ID}-00f067aa0ba902b7-01`);
    expect(trace.traceId).toBe(TRACE_ID);
    expect(trace.spanId).not.toBe('00f067aa0ba902b7');
    expect(traceparent(trace)).toBe(`00-${TRACE_ID}-${trace.spanId}-01`);
  });

  it.each([
    undefined,
    null,
    42,
    ['00'],
    '',
    `00-${TRACE_ID}-00f067aa0ba902b7`,
    `00-${TRACE_ID.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID}-00f067aa0ba902b7-01\n`,
    `x 00-${TRACE_ID}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
    `ff-${TRACE_ID}-00f067aa0ba902b7-01`,
  ])('is a new one where the caller sent %j', (header) => {
    const trace = traceFrom(header);
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect([TRACE_ID, '0'.repeat(32)]).not.toContain(trace.traceId);
  });

  it('comes through whatever else is sent', () => {
    fc.assert(
      fc.property(fc.anything(), (header) => {
        expect(traceparent(traceFrom(header))).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      }),
    );
  });

  it('follows the work through its pauses, each work its own', async () => {
    const traces = [newTrace(), newTrace()];
    const seen = traces.map((trace) =>
      withTrace(trace, async () => {
        await new Promise(setImmediate);
        return currentTrace();
      }),
    );
    expect(await Promise.all(seen)).toEqual(traces);
    expect([currentTrace(), traceparent()]).toEqual([undefined, undefined]);
  });
});
