import { Module } from '@nestjs/common';
import { AssignmentTargetRepository } from './assignment-target.repository';
import { AssignmentTargetRpc } from './assignment-target.rpc';

@Module({ controllers: [AssignmentTargetRpc], providers: [AssignmentTargetRepository] })
export class AssignmentTargetModule {}
