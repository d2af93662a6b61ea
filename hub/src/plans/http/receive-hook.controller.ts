import { Controller, Param, Post, Req } from '@nestjs/common';
import type { RawBodyRequest } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { refuseUnusable } from '../../openapi/input-validation.js';
import { Operation } from '../../openapi/operation.js';
import { Clock } from '../../platform/clock.js';
import { InjectConfig } from '../../platform/config/hub-config.js';
import type { HubConfig } from '../../platform/config/hub-flags.js';
import { HubError, invalid, notFound } from '../../platform/errors/hub-error.js';
import { DeliveryLimit, provenDeliveries, strangeDeliveries } from '../domain/delivery-limit.js';
import type { Provider } from '../domain/pull-request.js';
import { providers, readDelivery } from '../domain/pull-request.js';
import { PlansService } from '../plans.service.js';
import { deliveryHeaders, isAuthentic } from '../pull-requests/is-authentic.js';
import { providerSettings } from '../pull-requests/provider-settings.js';
import { PullRequestStatus } from '../pull-requests/pull-request-status.js';
import { deliverySchema } from './plan.schema.js';

interface DeliveryAnswer {
  readonly plan: string | null;
  readonly message: string;
}

@ApiTags('hooks')
@Controller('api/v1/hooks')
export class ReceiveHookController {
  private readonly proven = new DeliveryLimit(provenDeliveries);
  private readonly strange = new DeliveryLimit(strangeDeliveries);

  constructor(
    private readonly plans: PlansService,
    private readonly statuses: PullRequestStatus,
    private readonly clock: Clock,
    @InjectConfig() private readonly config: HubConfig,
  ) {}

  @Post(':provider')
  @Operation({
    summary: 'Take a webhook of github, gitlab or gitea, and plan the head of its pull request',
    description:
      'Proves itself by the signature (GitLab: the token) of the secret that the hub was started with, in place of an ' +
      'API token. What is about no new head of a pull request is answered and ignored.',
    access: 'public',
    status: 202,
    answer: deliverySchema,
    errors: ['Unauthenticated', 'NotFound', 'Invalid', 'TooManyRequests'],
  })
  async receive(
    @Param('provider') name: string,
    @Req() request: RawBodyRequest<FastifyRequest>,
  ): Promise<DeliveryAnswer> {
    const provider = providers.find((one) => one === name);
    if (!provider) throw notFound(`hook "${name}": known are ${providers.join(', ')}`);
    this.refuseStrangers(provider, request);
    refuseUnusable(request.body, 'body');
    const delivery = readDelivery(provider, header(request, deliveryHeaders[provider].event), request.body);
    if ('invalid' in delivery) throw invalid('body', delivery.invalid);
    if ('ignored' in delivery) return { plan: null, message: delivery.ignored };
    const { pullRequest } = delivery;
    const plan = await this.plans.createForPullRequest(pullRequest, request.id);
    if (plan === null) {
      const message = `no source of the fleet follows the branch ${pullRequest.base} of this repository`;
      return { plan, message };
    }
    await this.statuses.wake(plan);
    return { plan, message: `the head of pull request ${pullRequest.number} is being planned` };
  }

  private refuseStrangers(provider: Provider, request: RawBodyRequest<FastifyRequest>): void {
    const { secret } = providerSettings(this.config, provider);
    const { proof } = deliveryHeaders[provider];
    const body = request.rawBody ?? Buffer.alloc(0);
    if (secret !== undefined && isAuthentic(provider, secret, body, header(request, proof)))
      return this.refuseTooMany(provider, this.proven, request.ip);
    this.refuseTooMany(provider, this.strange, request.ip);
    throw new HubError(
      'Unauthenticated',
      `hook ${provider}: the header ${proof} does not prove who sent this`,
      {
        remedy:
          secret === undefined
            ? `start the hub with FLOTILLA_HUB_HOOK_SECRET_${provider.toUpperCase()}`
            : 'set the same secret in the webhook and in the hub',
      },
    );
  }

  private refuseTooMany(provider: Provider, limit: DeliveryLimit, address: string): void {
    const waitMs = limit.take(address, this.clock.now());
    if (waitMs === 0) return;
    throw new HubError('TooManyRequests', `hook ${provider}: too many deliveries within a minute`, {
      remedy: 'send it again later; see Retry-After',
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    });
  }
}

function header({ headers }: FastifyRequest, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
