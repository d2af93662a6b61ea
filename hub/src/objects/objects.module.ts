import { Module } from '@nestjs/common';
import { AgentTableStore } from './agent-table.store.js';
import { ObjectRevisionStore } from './object-revision.store.js';
import { ObjectStatusStore } from './object-status.store.js';
import { RecordWriter } from './record-writer.js';
import { RecordStore } from './record.store.js';
import { StateWriter } from './state-writer.js';

/** The write side of what agents report; the read models ask the tables. */
@Module({
  providers: [
    AgentTableStore,
    ObjectRevisionStore,
    ObjectStatusStore,
    RecordStore,
    StateWriter,
    RecordWriter,
  ],
  exports: [AgentTableStore, RecordStore, StateWriter, RecordWriter],
})
export class ObjectsModule {}
