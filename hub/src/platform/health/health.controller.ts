import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Access } from '../../auth/access.js';
import { Notifications } from '../changes/notifications.js';
import { HubError } from '../errors/hub-error.js';
import { Metrics } from './metrics.js';

/** Probes and metrics, outside `/api/v1` and without authentication. */
@ApiExcludeController()
@Access('public')
@Controller()
export class HealthController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly notifications: Notifications,
    private readonly metrics: Metrics,
  ) {}

  /** The process lives; a restart would not help against a missing database. */
  @Get('healthz')
  healthz(): { status: string } {
    return { status: 'ok' };
  }

  /** Requests can be answered. */
  @Get('readyz')
  async readyz(): Promise<{ status: string }> {
    await this.dataSource.query('SELECT 1').catch((cause: unknown) => {
      throw new HubError('Unavailable', 'the hub cannot use its database', {
        remedy: 'look into its log',
        cause,
      });
    });
    if (!this.notifications.connected) {
      throw new HubError('Unavailable', 'the hub is not connected to the notifications of its database', {
        remedy: 'wait until the database is back',
      });
    }
    return { status: 'ok' };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
