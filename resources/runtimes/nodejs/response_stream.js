'use strict';

// The stream that a handler made by awslambda.streamifyResponse writes to: each write becomes an
// HTTP chunk of the response. A failure after the first one goes into the trailers.

const { Writable } = require('node:stream');

const HTTP_INTEGRATION = 'application/vnd.awslambda.http-integration-response';

class ResponseStream extends Writable {
  constructor(client, requestId) {
    super({ highWaterMark: 65536 });
    this._client = client;
    this._requestId = requestId;
    this._contentType = 'application/octet-stream';
    this.begun = false;
  }

  setContentType(type) {
    if (this.begun) throw new Error('Cannot set content-type, too late.');
    this._contentType = String(type).replace(/[\r\n]/g, '');
  }

  begin() {
    if (this.begun) return;
    this.begun = true;
    const { HOST, API } = this._client;
    this._client.write(
      `POST ${API}invocation/${this._requestId}/response HTTP/1.1\r\nHost: ${HOST}\r\n` +
      `Content-Type: ${this._contentType}\r\n` +
      'Lambda-Runtime-Function-Response-Mode: streaming\r\n' +
      'Trailer: Lambda-Runtime-Function-Error-Type\r\n' +
      'Trailer: Lambda-Runtime-Function-Error-Body\r\n' +
      'Transfer-Encoding: chunked\r\n\r\n');
    this._onBeforeFirstWrite?.((data) => this._chunk(Buffer.from(data)));
  }

  _chunk(bytes, done) {
    this._client.write(`${bytes.length.toString(16)}\r\n`);
    this._client.write(bytes);
    this._client.write('\r\n', done);
  }

  _write(chunk, encoding, done) {
    if (this._brokenOff) {
      done();
      return;
    }
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, encoding);
    this.begin();
    if (bytes.length === 0) done();
    else this._chunk(bytes, done);
  }

  _final(done) {
    if (!this._brokenOff) {
      this.begin();
      this.answered = this._client.finish('0\r\n\r\n');
    }
    done();
  }
}

module.exports = {
  open(client, requestId) { return new ResponseStream(client, requestId); },

  withPrelude(stream, prelude) {
    stream.setContentType(HTTP_INTEGRATION);
    stream._onBeforeFirstWrite = (write) => {
      write(JSON.stringify(prelude));
      write(new Uint8Array(8));
    };
    return stream;
  },

  async breakOff(stream, document) {
    stream._brokenOff = true;
    const body = Buffer.from(JSON.stringify(document)).toString('base64');
    await stream._client.finish(
      `0\r\nLambda-Runtime-Function-Error-Type: ${document.errorType}\r\n` +
      `Lambda-Runtime-Function-Error-Body: ${body}\r\n\r\n`);
  },
};
