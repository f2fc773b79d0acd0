#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::functions {

// How a deployment package is signed: it holds META-INF/signature.p7s, a CMS SignedData (RFC 5652,
// DER) that encloses a list of the other files, a line each as sha256sum writes it. To sign the
// files of a folder:
//
//   sha256sum $(find . -type f -printf '%P\n') > /tmp/list && mkdir -p META-INF &&
//   openssl cms -sign -binary -nodetach -outform DER -in /tmp/list -out META-INF/signature.p7s
//       -signer certificate.pem -inkey key.pem
inline constexpr const char* kSignatureFile = "META-INF/signature.p7s";

enum class SignatureState {
    Valid,
    Missing,
    Broken,    // no CMS, or not what is in the package
    Untrusted, // by none of the certificates
    Expired,   // by one of them, outside its time
};

struct PackageSignature {
    SignatureState state = SignatureState::Missing;
    std::size_t signer = 0; // index of the certificate, when Valid or Expired
};

// certificates: PEM; the signer must be one of them or be issued by one. The package is one that
// inspectZip has accepted. Blocks.
PackageSignature verifyPackage(std::string_view zip, const std::vector<std::string>& certificates);

} // namespace gantry::functions
