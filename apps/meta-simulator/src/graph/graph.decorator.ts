import { applyDecorators, Controller, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import { FaultInterceptor } from '../fault/fault.interceptor';
import { GraphFilter } from './graph.filter';
import { GraphGuard } from './graph.guard';

/** A controller under `/vNN.0`: token check, injected faults, Meta's error bodies. */
export const GraphController = (): ClassDecorator =>
  applyDecorators(
    Controller(':version'),
    UseGuards(GraphGuard),
    UseInterceptors(FaultInterceptor),
    UseFilters(GraphFilter),
  );
