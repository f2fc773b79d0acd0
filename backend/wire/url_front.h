#pragma once

#include "backend/api/function_urls.h"
#include "backend/base/http.h"
#include "backend/iam/access.h"
#include "backend/iam/audit_log.h"
#include "backend/iam/sigv4.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::wire {

// Where requests to function URLs come in: on the AWS port, by host
// (<id>.lambda-url.<region>.localhost) or, for clients that cannot resolve that, by path
// (/lambda-url/<id>/…). Web pages may call them: what they may read of the answer is said by the
// URL's CORS settings. I/O thread only.
class UrlFront final {
public:
    static constexpr std::size_t kMaxBody = 6 * 1024 * 1024;

    using Reply = api::FunctionUrls::Reply;
    using IsOurs = std::function<bool(std::string_view host)>;

    struct Match {
        std::string id;
        std::string path; // behind the URL's own part
    };

    // urls may be null: then nothing matches.
    UrlFront(api::FunctionUrls* urls, std::string region, iam::SigV4Verifier& verifier,
             const Clock& clock, const iam::AccessControl* access, iam::AuditLog* audit);

    // isOurs tells whether a host name is one of this platform's.
    std::optional<Match> match(const HttpRequest& head, const IsOurs& isOurs) const;

    void serve(const Match& match, const HttpRequest& request, const std::string& requestId,
               Reply reply);
    HttpReply tooLarge(const std::string& requestId) const;

private:
    absl::Status authenticate(const HttpRequest& request, const std::string& functionArn,
                              const std::string& requestId, api::UrlCaller& caller);
    absl::Status authorize(const HttpRequest& request, const std::string& functionArn,
                           const std::string& requestId, const iam::Credential& credential);

    api::FunctionUrls* m_urls;
    std::string m_middle; // .lambda-url.<region>.
    iam::SigV4Verifier& m_verifier;
    const Clock& m_clock;
    const iam::AccessControl* m_access;
    iam::AuditLog* m_audit;
};

} // namespace gantry::wire
