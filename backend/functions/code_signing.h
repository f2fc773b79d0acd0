#pragma once

#include "aws/lambda.pb.h"
#include "backend/functions/arn.h"
#include "backend/functions/signing_profile.h"
#include "backend/store/writer.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gantry {
class Clock;
class WorkerPool;
} // namespace gantry

namespace gantry::functions {

using SigningConfig = aws::lambda::CodeSigningConfig;
using SigningConfigPtr = std::shared_ptr<const SigningConfig>;

// The code signing configurations, and the check of a package against one. A publisher is a signing
// profile version; its certificate is the file NAME/VERSION.pem in the profiles' directory, which
// the user adds or puts there: this platform signs nothing. How a package is signed: package_signature.h.
// In memory, on the I/O thread; changes are on the disk before they are seen.
class CodeSigning final {
public:
    using Saved = std::function<void(absl::StatusOr<SigningConfig>)>;
    using Done = std::function<void(absl::Status)>;
    using Added = std::function<void(absl::StatusOr<SigningProfile>)>;

    static absl::StatusOr<std::unique_ptr<CodeSigning>>
    open(boost::asio::io_context& io, WorkerPool& pool, const std::filesystem::path& file,
         std::filesystem::path profiles, const Clock& clock, Place place);
    ~CodeSigning();

    void create(const aws::lambda::CreateCodeSigningConfigRequest& request, Saved reply);
    void update(const aws::lambda::UpdateCodeSigningConfigRequest& request, Saved reply);
    // Keeps a certificate (PEM) as a version of the profile. Error: readSigningProfile's.
    void addProfile(const std::string& name, const std::string& pem, Added reply);
    const Place& place() const { return m_place; }
    // The caller has made sure that no function uses it.
    void remove(const std::string& arn, Done reply);
    // 404 ResourceNotFoundException.
    absl::StatusOr<SigningConfigPtr> find(const std::string& arn) const;
    const std::map<std::string, SigningConfigPtr>& all() const { return m_configs; } // by ARN

    // 400 InvalidCodeSignatureException when the signature does not fit the package, whatever the
    // policy; 400 CodeVerificationFailedException under Enforce when it is missing, expired or by
    // another publisher, which Warn lets pass with a line in the daemon's log.
    void check(std::string zip, const std::string& arn, const std::string& functionName,
               Done done);
    // Told of each function whose package Warn has let pass.
    void onUnverified(std::function<void(const std::string& functionName)> tell)
    {
        m_unverified = std::move(tell);
    }

private:
    CodeSigning(boost::asio::io_context& io, WorkerPool& pool, store::Database database,
                std::filesystem::path profiles, const Clock& clock, Place place);

    void save(SigningConfig config, Saved reply);
    absl::Status checkPublishers(const aws::lambda::AllowedPublishers& publishers) const;

    boost::asio::io_context& m_io;
    WorkerPool& m_pool;
    const std::filesystem::path m_profiles;
    const Clock& m_clock;
    const Place m_place;
    std::map<std::string, SigningConfigPtr> m_configs;
    std::function<void(const std::string&)> m_unverified;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    store::Writer m_writer; // last: its end commits, and nothing is called back after
};

} // namespace gantry::functions
