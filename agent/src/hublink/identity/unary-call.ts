import { type CallOptions, Metadata, type ServiceError } from '@grpc/grpc-js';

const timeoutMs = 15_000;

type Answer<T> = (error: ServiceError | null, answer: T) => void;
type Method<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  answer: Answer<Response>,
) => unknown;

/** Calls a unary method of the hub with a deadline. @throws ServiceError */
export function unaryCall<Request, Response>(
  method: Method<Request, Response>,
  request: Request,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    method(request, new Metadata(), { deadline: Date.now() + timeoutMs }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });
}
