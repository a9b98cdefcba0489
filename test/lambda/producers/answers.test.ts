import { answersById, answersByPlace } from '../../../lambda/producers/answers';

const entry = (SenderFault: boolean | undefined, Code: string) => answersById(1, { Failed: [{ Id: '0', SenderFault, Code, Message: 'why' }] })[0];

test.each(['InternalError', 'ServiceUnavailable', 'AnythingElse'])('%s that is not the sender\'s fault passes', (code) => {
  expect(entry(false, code)).toEqual({ code, message: 'why', passing: true });
});

test.each(['InvalidMessageContents', 'InvalidParameterValue', 'AccessDenied', 'KMSDisabled'])('%s that is the sender\'s fault does not pass', (code) => {
  expect(entry(true, code)).toEqual({ code, message: 'why', passing: false });
});

test.each(['RequestThrottled', 'Throttling', 'KMS.ThrottlingException', 'TooManyRequestsException'])('%s passes, whoever is called at fault', (code) => {
  expect(entry(true, code)).toMatchObject({ passing: true });
});

test.each([
  ['ThrottlingException', true], ['InternalFailure', true], ['InternalException', true], ['ProvisionedThroughputExceededException', true], ['KMSThrottlingException', true],
  ['AccessDeniedException', false], ['InvalidArgument', false], ['MalformedDetail', false], ['NotAuthorizedForSourceException', false], ['RedactionFailure', false],
])('%s at the place of an entry passes: %s', (ErrorCode, passing) => {
  expect(answersByPlace(2, [{ id: 'a' }, { id: undefined, ErrorCode, ErrorMessage: 'why' }])).toEqual([undefined, { code: ErrorCode, message: 'why', passing }]);
});

test('only what was confirmed has arrived', () => {
  const silence = { code: 'NoAnswer', message: 'the service did not say what became of it', passing: true };

  expect(answersById(2, {})).toEqual([silence, silence]);
  expect(answersById(2, { Successful: [{ Id: '1' }] })).toEqual([silence, undefined]);
  expect(answersByPlace(3, [{ id: 'a' }, { id: undefined }])).toEqual([undefined, silence, silence]);
});
