#include "backend/functions/code_signing.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/worker_pool.h"
#include "backend/functions/configuration.h"
#include "backend/functions/package_signature.h"
#include "backend/store/files.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <utility>

namespace gantry::functions {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 1> kMigrations = {R"(
CREATE TABLE config (arn TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
)"};

std::string policyOf(const SigningConfig& config)
{
    return config.code_signing_policies().untrusted_artifact_on_deployment();
}

std::string describe(SignatureState state)
{
    switch (state) {
    case SignatureState::Missing:
        return "it is not signed";
    case SignatureState::Untrusted:
        return "it is signed by a publisher that the configuration does not allow";
    case SignatureState::Expired:
        return "the certificate of its signature has expired or is not valid yet";
    default:
        return "its signature is not valid";
    }
}

absl::Status judge(SignatureState state, const std::string& policy, const std::string& function)
{
    if (state == SignatureState::Valid)
        return absl::OkStatus();
    if (state == SignatureState::Broken) {
        return makeError("InvalidCodeSignatureException", 400,
                         absl::StrCat("Lambda cannot deploy the function. The code signature failed "
                                      "the integrity check for ",
                                      function, "."));
    }
    if (policy == "Enforce") {
        return makeError("CodeVerificationFailedException", 400,
                         absl::StrCat("Lambda cannot deploy the function. The package of ", function,
                                      " did not pass the code signing policy: ", describe(state),
                                      "."));
    }
    log::warning("the package of function ", function, " was deployed although ", describe(state),
                 " (code signing policy Warn)");
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<std::unique_ptr<CodeSigning>>
CodeSigning::open(boost::asio::io_context& io, WorkerPool& pool, const fs::path& file,
                  fs::path profiles, const Clock& clock, Place place)
{
    absl::StatusOr<store::Database> database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::map<std::string, SigningConfigPtr> configs;
    bool damaged = false;
    absl::Status read =
        database->query("SELECT arn, record FROM config", {}, [&](const store::Row& row) {
            auto config = std::make_shared<SigningConfig>();
            const std::string_view bytes = row.blob(1);
            damaged |= !config->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
            configs.emplace(std::string(row.text(0)), std::move(config));
        });
    if (read.ok() && damaged)
        read = serviceError(absl::StrCat("A code signing configuration in ", file.string(),
                                         " is damaged. Restore it from a backup."));
    if (!read.ok())
        return read;
    std::unique_ptr<CodeSigning> signing(new CodeSigning(
        io, pool, *std::move(database), std::move(profiles), clock, std::move(place)));
    signing->m_configs = std::move(configs);
    return signing;
}

CodeSigning::CodeSigning(boost::asio::io_context& io, WorkerPool& pool, store::Database database,
                         fs::path profiles, const Clock& clock, Place place)
    : m_io(io), m_pool(pool), m_profiles(std::move(profiles)), m_clock(clock),
      m_place(std::move(place)), m_writer(io, std::move(database))
{
}

CodeSigning::~CodeSigning()
{
    m_alive.reset();
}

void CodeSigning::addProfile(const std::string& name, const std::string& pem, Added reply)
{
    absl::StatusOr<SigningProfile> profile = readSigningProfile(name, pem);
    if (!profile.ok())
        return reply(profile.status());
    const fs::path file = profileFile(m_profiles, profileArn(m_place, *profile));
    m_pool.post([this, file, profile = *std::move(profile), reply = std::move(reply),
                 alive = std::weak_ptr<int>(m_alive), &io = m_io] {
        std::error_code failed;
        fs::create_directories(file.parent_path(), failed);
        absl::Status written =
            failed ? store::fileError(file.parent_path(), failed.value())
                   : store::writeDurably(file, profile.certificate, file.string() + ".new");
        boost::asio::post(io, [written = std::move(written), profile, reply, alive] {
            if (alive.expired())
                return;
            written.ok() ? reply(profile) : reply(written);
        });
    });
}

absl::Status
CodeSigning::checkPublishers(const aws::lambda::AllowedPublishers& publishers) const
{
    for (const std::string& arn : publishers.signing_profile_version_arns()) {
        const fs::path certificate = profileFile(m_profiles, arn);
        std::error_code ignored;
        if (certificate.empty())
            return invalidParameter(
                absl::StrCat("'", arn, "' is not the ARN of a signing profile version."));
        if (!fs::exists(certificate, ignored)) {
            return invalidParameter(
                absl::StrCat("The signing profile version ", arn,
                             " is not known. Add its certificate in the console, or put it (PEM) into ",
                             certificate.string(), "."));
        }
    }
    return absl::OkStatus();
}

void CodeSigning::create(const aws::lambda::CreateCodeSigningConfigRequest& request, Saved reply)
{
    if (absl::Status valid = checkPublishers(request.allowed_publishers()); !valid.ok())
        return reply(valid);
    SigningConfig config;
    config.set_code_signing_config_id(absl::StrCat("csc-", randomHex(9).substr(0, 17)));
    config.set_code_signing_config_arn(absl::StrCat("arn:aws:lambda:", m_place.region, ":",
                                                    m_place.accountId, ":code-signing-config:",
                                                    config.code_signing_config_id()));
    config.set_description(request.description());
    *config.mutable_allowed_publishers() = request.allowed_publishers();
    const auto& policies = request.code_signing_policies();
    config.mutable_code_signing_policies()->set_untrusted_artifact_on_deployment(
        policies.has_untrusted_artifact_on_deployment()
            ? policies.untrusted_artifact_on_deployment()
            : "Warn");
    save(std::move(config), std::move(reply));
}

void CodeSigning::update(const aws::lambda::UpdateCodeSigningConfigRequest& request, Saved reply)
{
    const absl::StatusOr<SigningConfigPtr> found = find(request.code_signing_config_arn());
    absl::Status valid = found.status();
    if (valid.ok())
        valid = checkPublishers(request.allowed_publishers());
    if (!valid.ok())
        return reply(valid);
    SigningConfig config = **found;
    if (request.has_description())
        config.set_description(request.description());
    if (request.has_allowed_publishers())
        *config.mutable_allowed_publishers() = request.allowed_publishers();
    if (request.code_signing_policies().has_untrusted_artifact_on_deployment())
        *config.mutable_code_signing_policies() = request.code_signing_policies();
    save(std::move(config), std::move(reply));
}

void CodeSigning::save(SigningConfig config, Saved reply)
{
    config.set_last_modified(formatTime(m_clock.unixMillis()));
    const auto saved = std::make_shared<const SigningConfig>(std::move(config));
    m_writer.submit(
        [saved](store::Database& database) {
            const std::string bytes = saved->SerializeAsString();
            return database.run("INSERT OR REPLACE INTO config(arn, record) VALUES(?, ?)",
                                {saved->code_signing_config_arn(), store::Value::blob(bytes)});
        },
        [this, saved, reply = std::move(reply)](const absl::Status& status) {
            if (!status.ok())
                return reply(status);
            m_configs[saved->code_signing_config_arn()] = saved;
            reply(*saved);
        });
}

void CodeSigning::remove(const std::string& arn, Done reply)
{
    if (const auto found = find(arn); !found.ok())
        return reply(found.status());
    m_writer.submit(
        [arn](store::Database& database) {
            return database.run("DELETE FROM config WHERE arn = ?", {arn});
        },
        [this, arn, reply = std::move(reply)](absl::Status status) {
            if (status.ok())
                m_configs.erase(arn);
            reply(std::move(status));
        });
}

absl::StatusOr<SigningConfigPtr> CodeSigning::find(const std::string& arn) const
{
    const auto found = m_configs.find(arn);
    if (found == m_configs.end())
        return notFound(absl::StrCat("The Lambda code signing configuration ", arn,
                                     " can not be found."));
    return found->second;
}

void CodeSigning::check(std::string zip, const std::string& arn, const std::string& functionName,
                        Done done)
{
    const absl::StatusOr<SigningConfigPtr> config = find(arn);
    if (!config.ok()) {
        return done(makeError("CodeSigningConfigNotFoundException", 404,
                              awsErrorOf(config.status()).message));
    }
    std::vector<fs::path> files;
    for (const auto& profile : (*config)->allowed_publishers().signing_profile_version_arns())
        files.push_back(profileFile(m_profiles, profile));
    m_pool.post([this, zip = std::move(zip), files = std::move(files), policy = policyOf(**config),
                 functionName, done = std::move(done), &io = m_io,
                 alive = std::weak_ptr<int>(m_alive), guard = boost::asio::make_work_guard(m_io)] {
        std::vector<std::string> certificates;
        for (const fs::path& file : files)
            certificates.push_back(store::readFile(file).value_or(std::string()));
        const SignatureState state = verifyPackage(zip, certificates).state;
        absl::Status status = judge(state, policy, functionName);
        const bool warned = status.ok() && state != SignatureState::Valid;
        boost::asio::post(io, [this, alive, done, warned, functionName, status = std::move(status)] {
            if (alive.expired())
                return;
            if (warned && m_unverified)
                m_unverified(functionName);
            done(status);
        });
    });
}

} // namespace gantry::functions
