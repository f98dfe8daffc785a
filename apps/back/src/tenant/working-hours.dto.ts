import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { Interval, SpecialDays, WorkingHours } from '@scrm/contracts';

@ApiSchema({ name: 'Interval', description: 'From a minute of the day to another.' })
export class IntervalDto implements Interval {
  @ApiProperty({ example: '09:00' })
  from!: string;

  @ApiProperty({ description: '`24:00` is the end of the day.', example: '17:00' })
  to!: string;
}

const Day = () =>
  ApiPropertyOptional({
    description: 'Without overlaps. What goes on past midnight is in two days.',
    type: [IntervalDto],
    maxItems: 10,
  });

@ApiSchema({
  name: 'WorkingHours',
  description: 'By the clock of the time zone. A day that is absent is free.',
})
export class WorkingHoursDto implements Partial<WorkingHours> {
  @Day()
  monday?: IntervalDto[];

  @Day()
  tuesday?: IntervalDto[];

  @Day()
  wednesday?: IntervalDto[];

  @Day()
  thursday?: IntervalDto[];

  @Day()
  friday?: IntervalDto[];

  @Day()
  saturday?: IntervalDto[];

  @Day()
  sunday?: IntervalDto[];
}

@ApiSchema({ name: 'SpecialDay', description: 'A day that is not as its weekday.' })
export class SpecialDayDto implements Partial<SpecialDays[number]> {
  @ApiProperty({ format: 'date', example: '2026-12-25' })
  date!: string;

  @ApiPropertyOptional({ maxLength: 100, example: 'Christmas' })
  name?: string;

  @ApiProperty({ description: 'None: closed.', type: [IntervalDto], maxItems: 10 })
  hours!: IntervalDto[];
}
