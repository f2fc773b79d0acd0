#pragma once

#include "backend/api/operation_table.h"
#include "backend/base/clock.h"
#include "backend/base/http.h"
#include "backend/iam/audit_log.h"
#include "backend/iam/sigv4.h"
#include "backend/wire/authorizer.h"
#include "backend/wire/registry_front.h"
#include "backend/wire/router.h"
#include "backend/wire/schema.h"
#include "backend/wire/url_front.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry::wire {

// What the HTTP front does with a request apart from moving bytes: it checks where the request
// comes from, finds its operation, verifies its signature, decodes, validates, dispatches, and
// encodes the answer. Knows no socket, so that tests and the fuzzer drive it directly. I/O thread
// only.
class Gateway final : public std::enable_shared_from_this<Gateway> {
public:
    using Reply = std::function<void(HttpReply)>;

    // access: null where every signed caller may do everything. audit: null where nothing is kept.
    // hosts: names that the Host header may hold besides those of this machine's loopback.
    Gateway(const api::OperationTable& table, iam::CredentialLookup credentials, std::string region,
            const Clock& clock, std::vector<std::string> hosts,
            api::FunctionUrls* functionUrls = nullptr,
            const iam::AccessControl* access = nullptr, iam::AuditLog* audit = nullptr);

    // Serves the container registry as well.
    void serveImages(images::ImageStore& images, const std::string& accountId);

    // Answers GET /metrics, unsigned, with a text in Prometheus' format.
    void serveMetrics(std::function<std::string()> text) { m_metricsText = std::move(text); }

    // What is known once the request's head is there.
    struct Admission {
        std::string requestId;
        Route route;
        std::string environment; // see admit
        std::optional<UrlFront::Match> url; // it is for a function, not for an operation
        std::optional<RegistryFront::Match> registry; // it is for the container registry
        std::size_t bodyLimit = 0;
        // Who takes the body while it comes; null: it is gathered in the request.
        std::shared_ptr<BodySink> sink() const { return registry ? registry->sink : nullptr; }
        std::optional<HttpReply> refusal; // set: send this, do not read the body; also a scrape's answer
    };
    // environment: of a connection that comes from inside an execution environment by the port of
    // the Parameters and Secrets extension, the access key id of that environment. It finds the
    // extension there and nothing else; nobody finds the extension elsewhere.
    Admission admit(const HttpRequest& head, const std::string& environment = {}) const;

    // The answer to a body that turned out longer than the admission allows.
    HttpReply tooLarge(const Admission& admission) const;
    // The answer to what is not HTTP.
    HttpReply malformed(std::string_view why) const;

    // Runs the request, whose body is complete now. The reply comes once, at once or later; not
    // before the returned call's onCancelled may be used. Null when the reply has been given.
    api::CallPtr handle(HttpRequest& request, const Admission& admission, Reply reply);

private:
    absl::StatusOr<const iam::Credential*> credentialOf(const HttpRequest& request,
                                                        const Admission& admission);
    absl::Status authenticate(const HttpRequest& request, const Admission& admission,
                              api::Call& call);
    // Decides, and has the decision kept; `later` is set when the operation decides itself.
    absl::Status authorize(const HttpRequest& request, const OperationSchema& operation,
                           const google::protobuf::Message& message, const api::Call& call,
                           std::shared_ptr<v1::AuditEntry>& later);
    void keepLater(v1::AuditEntry entry, const absl::Status& status);
    absl::Status checkOrigin(const HttpRequest& head) const;
    absl::Status checkEntry(const HttpRequest& head, Admission& admission) const;
    api::CallPtr call(HttpRequest& request, const Admission& admission, Reply reply);
    void startStream(const Admission& request, const api::OperationTable::Operation& to,
                     const api::CallPtr& call, const google::protobuf::Message& message,
                     Reply reply);
    bool isAllowedHost(std::string_view host) const;
    bool isScrape(const HttpRequest& head) const;
    HttpReply answer(const Admission& admission, const api::Call& call,
                     absl::StatusOr<google::protobuf::Message*> result) const;
    HttpReply error(const Admission& admission, const absl::Status& status) const;

    const api::OperationTable& m_table;
    iam::CredentialLookup m_credentials;
    iam::SigV4Verifier m_verifier;
    const Clock& m_clock;
    const std::string m_region;
    const iam::AccessControl* m_access;
    std::vector<std::string> m_hosts;
    Schema m_schema;
    Router m_router;
    UrlFront m_urls;
    std::unique_ptr<RegistryFront> m_registry;
    std::optional<Authorizer> m_authorizer;
    std::function<std::string()> m_metricsText;
    iam::AuditLog* m_audit;
};

} // namespace gantry::wire
