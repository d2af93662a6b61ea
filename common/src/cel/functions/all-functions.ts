import { FunctionTable } from '../signatures.js';
import { collectionFunctions, optionalFunctions } from './collections.js';
import { conversionFunctions } from './conversions.js';
import { textFunctions } from './texts.js';
import { timeFunctions } from './times.js';

/** Everything that an expression may call, besides operators and macros. */
export const allFunctions = new FunctionTable([
  ...conversionFunctions,
  ...textFunctions,
  ...timeFunctions,
  ...collectionFunctions,
  ...optionalFunctions,
]);
