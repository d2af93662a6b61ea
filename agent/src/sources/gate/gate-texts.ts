import type { StandingFreeze, StandingPin, StandingVeto } from '../../hublink/standing/standing-set.js';

/** A pin for people: what, since whom and why. */
export function pinText(pin: StandingPin, veto?: StandingVeto): string {
  const text = `pinned to '${pin.revision}'${by(pin.requestedBy)}${because(pin.reason)}`;
  const glass = pin.breakGlass ? ' (break-glass)' : '';
  return `${text}${glass}${veto ? `; ${vetoText(veto)}, but the source is there already` : ''}`;
}

/** A freeze for people: until when, since whom and why. */
export function freezeText(freeze: StandingFreeze, others = 0): string {
  const until = freeze.expiresAt ? `until ${freeze.expiresAt.toISOString()}` : 'until it is lifted';
  const more = others > 0 ? ` and ${others} more ${others === 1 ? 'freeze' : 'freezes'}` : '';
  return `frozen ${until}${by(freeze.requestedBy)}${because(freeze.reason)}${more}`;
}

/** A veto for people; follows the thing that is vetoed. */
export function vetoText({ revision, reason }: StandingVeto): string {
  return `'${revision}' is vetoed${because(reason)}`;
}

function by(person: string): string {
  return person === '' ? '' : ` by ${person}`;
}

function because(reason: string): string {
  return reason === '' ? '' : `: ${reason}`;
}
