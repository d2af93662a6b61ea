import { promotionTrailer } from '../../releases/domain/own-commits.js';
import type { PromotionInQuestion } from '../../promotions/gate-probe.js';

/** The branch of a promotion's pull request. */
export function promotionBranch({
  environment,
  id,
}: Pick<PromotionInQuestion, 'environment' | 'id'>): string {
  return `flotilla/${environment}-${id}`;
}

export function title({ release, environment }: PromotionInQuestion): string {
  return `Promote ${release.name} to ${environment}`;
}

/** Says what a commit belongs to, for people and as trailers. */
export function commitMessage(promotion: PromotionInQuestion): string {
  const { pipeline, environment, release, id, requestedBy } = promotion;
  const trailers = [
    ['Flotilla-Pipeline', pipeline],
    ['Flotilla-Environment', environment],
    ['Flotilla-Release', release.name],
    ['Flotilla-Requested-By', requestedBy],
    [promotionTrailer, id],
  ];
  const lines = trailers.map(([key, value]) => `${key}: ${oneLine(value ?? '')}`).join('\n');
  return `${title(promotion)}\n\n${revisions(promotion)}\n\n${lines}\n`;
}

/** The description of a pull request. Its end is that of the commit, which a squash may take over. */
export function pullRequestText(promotion: PromotionInQuestion): string {
  const [, ...rest] = commitMessage(promotion).split('\n\n');
  const intro = [
    `Release ${promotion.release.name} of pipeline ${promotion.pipeline} goes to ${promotion.environment}.`,
    'The rollout begins when this is merged. It is closed by itself when the promotion ends before.',
  ];
  return [intro.join('\n'), ...rest].join('\n\n');
}

function revisions({ release }: PromotionInQuestion): string {
  return release.items
    .map(({ source, revision }) => `${source.kind}/${source.namespace}/${source.name} ${oneLine(revision)}`)
    .join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
