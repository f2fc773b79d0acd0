"""SQS through AWS's SDK for JavaScript: the JSON protocol, with the MD5s that the SDK verifies."""
import unittest

from support import node_sdk
from support.platform import Platform

SCRIPT = """
const { SQSClient, CreateQueueCommand, SendMessageCommand, SendMessageBatchCommand, ReceiveMessageCommand,
        DeleteMessageCommand, GetQueueAttributesCommand, GetQueueUrlCommand } = require('@aws-sdk/client-sqs');
(async () => {
  const sqs = new SQSClient({ endpoint: process.env.ENDPOINT, region: 'us-east-1', maxAttempts: 1 });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'js', Attributes: { DelaySeconds: '0' } }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'héllo', MessageAttributes: {
      bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) } } }));
  const batch = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'a', MessageBody: 'one' }] }));
  const got = [];
  while (got.length < 2) {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10,
        WaitTimeSeconds: 5, MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] }));
    got.push(...Messages);
  }
  for (const m of got) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: m.ReceiptHandle }));
  const none = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  const error = await sqs.send(new GetQueueUrlCommand({ QueueName: 'nobody' })).catch((e) => e);
  console.log(JSON.stringify({
    bodies: got.map((m) => m.Body).sort(), sent: batch.Successful.map((e) => e.Id), failed: batch.Failed ?? null,
    bytes: [...got.find((m) => m.MessageAttributes).MessageAttributes.bytes.BinaryValue],
    receives: got[0].Attributes.ApproximateReceiveCount, none: none.Messages ?? null,
    arn: Attributes.QueueArn, left: Attributes.ApproximateNumberOfMessages,
    error: [error.name, error.Code ?? error.Error?.Code, error.$metadata.httpStatusCode] }));
})().catch((error) => { console.error(error); process.exit(1); });
"""


class SdkForJavaScript(unittest.TestCase):
    def test_sends_and_receives(self):
        node_sdk.install("sqs")
        with Platform() as platform:
            result, = node_sdk.run(platform, "sqs", SCRIPT)
        error = result.pop("error")
        self.assertEqual(result, {
            "bodies": ["héllo", "one"], "sent": ["a"], "failed": None, "bytes": [0, 255], "receives": "1",
            "none": None, "arn": "arn:aws:sqs:us-east-1:000000000000:js", "left": "0"})
        self.assertEqual((error[0], error[2]), ("QueueDoesNotExist", 400))


if __name__ == "__main__":
    unittest.main()
