#pragma once

#include "backend/base/ids.h"
#include "backend/iam/credential.h"
#include "backend/iam/sigv4_canonical.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

namespace gantry::test {

inline std::string hmac(const std::string& key, const std::string& data)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), int(key.size()),
         reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest, &size);
    return std::string(reinterpret_cast<char*>(digest), size);
}

// The Authorization header of a Lambda request that has the headers Host and X-Amz-Date.
inline std::string authorization(const iam::Credential& key, const HttpRequest& request,
                                 const std::string& time)
{
    const std::string scope = time.substr(0, 8) + "/us-east-1/lambda/aws4_request";
    const std::string canonical = std::string(request.method) + "\n" +
                                  iam::canonicalPath(request.path, false) + "\n" +
                                  iam::canonicalQuery(*parseQuery(request.query)) + "\n" +
                                  iam::canonicalHeaders(request, {"host", "x-amz-date"}) +
                                  "\nhost;x-amz-date\n" + toHex(sha256(request.body));
    std::string secret = "AWS4" + key.secretAccessKey;
    for (const std::string& part : {time.substr(0, 8), std::string("us-east-1"),
                                    std::string("lambda"), std::string("aws4_request")})
        secret = hmac(secret, part);
    return "AWS4-HMAC-SHA256 Credential=" + key.accessKeyId + "/" + scope +
           ", SignedHeaders=host;x-amz-date, Signature=" +
           toHex(hmac(secret, "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" +
                                  toHex(sha256(canonical))));
}

} // namespace gantry::test
