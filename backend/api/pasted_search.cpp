#include "backend/api/pasted_search.h"

#include "backend/base/worker_pool.h"
#include "backend/functions/registry.h"
#include "backend/secrets/vault.h"
#include "backend/store/files.h"

#include <absl/strings/ascii.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace gantry::api {
namespace {

namespace fs = std::filesystem;
using functions::Version;

constexpr std::uintmax_t kMaxFileBytes = 1 << 20;
constexpr int kMaxFiles = 2'000; // of one package
constexpr std::size_t kMaxFound = 500;

struct Package {
    std::string functionName;
    std::string directory;
    std::shared_ptr<const void> lease; // keeps it on the disk
};

struct Found {
    std::vector<CodeSecret> secrets;
    bool truncated = false;
};

bool isSource(const fs::path& file)
{
    static const std::set<std::string> kEndings = {
        ".py",  ".js",  ".mjs",  ".cjs", ".ts",  ".json", ".yaml",       ".yml", ".env", ".ini",
        ".cfg", ".conf", ".sh",  ".rb",  ".pem", ".key",  ".properties", ".txt", ".toml", ".java"};
    return kEndings.contains(file.extension().string()) || file.filename() == ".env" ||
           file.filename() == "bootstrap";
}

// What others wrote has their examples in it, and nothing that the user pasted.
bool isForeign(const fs::path& directory)
{
    const std::string name = directory.filename().string();
    return name == "node_modules" || name == "__pycache__" || name == ".git" ||
           name == "site-packages" || name == "vendor" || name.ends_with(".dist-info") ||
           name == "botocore" || name == "boto3";
}

void searchFile(const fs::path& file, const fs::path& root, Found& found)
{
    const auto text = store::readFile(file);
    if (!text.ok())
        return;
    for (secrets::SuspectLine& line : secrets::suspectLines(*text)) {
        if (found.secrets.size() >= kMaxFound) {
            found.truncated = true;
            return;
        }
        found.secrets.push_back({file.lexically_relative(root).string(), std::move(line)});
    }
}

// On a worker.
Found searchPackage(const std::string& directory)
{
    Found found;
    std::error_code error;
    int files = 0;
    fs::recursive_directory_iterator entry(directory, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (entry->is_symlink(error))
            continue;
        if (entry->is_directory(error)) {
            if (isForeign(entry->path()))
                entry.disable_recursion_pending();
            continue;
        }
        if (!entry->is_regular_file(error) || !isSource(entry->path()) ||
            entry->file_size(error) > kMaxFileBytes)
            continue;
        if (++files > kMaxFiles) {
            found.truncated = true;
            break;
        }
        searchFile(entry->path(), directory, found);
    }
    return found;
}

// As a last part of a secret's name: dbPassword -> dbpassword, STRIPE_KEY -> stripe-key.
std::string nameFor(std::string_view assigned, const std::string& kind)
{
    std::string name;
    for (const char c : assigned.empty() ? std::string_view(kind) : assigned) {
        const auto byte = static_cast<unsigned char>(c);
        name += absl::ascii_isalnum(byte) ? static_cast<char>(absl::ascii_tolower(byte)) : '-';
    }
    return name;
}

void addFound(const std::string& functionName, const secrets::Suspicion& suspicion,
              std::string_view assigned, v1::PastedSecret& found)
{
    found.set_function_name(functionName);
    found.set_kind(suspicion.kind);
    found.set_masked(secrets::masked(suspicion.text));
    found.set_name(functionName + "/" + nameFor(assigned, suspicion.kind));
}

void searchVariables(const PastedSearch& search, const std::string& name,
                     v1::ListPastedSecretsResponse& response)
{
    const auto function = search.registry.find(name);
    if (!function.ok())
        return;
    const functions::Configuration configuration = search.registry.describe(*function);
    const std::map<std::string, std::string> variables(
        configuration.environment().variables().begin(),
        configuration.environment().variables().end());
    for (const auto& [variable, value] : variables) {
        const auto suspicion = secrets::suspect(variable, value);
        // The name of a secret that there is may look like anything.
        if (!suspicion || search.vault.secrets().find(value).ok())
            continue;
        v1::PastedSecret& found = *response.add_found();
        addFound(name, *suspicion, variable, found);
        found.set_variable(variable);
    }
}

} // namespace

void listPastedSecrets(const PastedSearch& search, const v1::ListPastedSecretsRequest& request,
                       Reply<v1::ListPastedSecretsResponse> reply)
{
    auto response = std::make_shared<v1::ListPastedSecretsResponse>();
    std::vector<Package> packages;
    for (const auto& [name, function] : search.registry.functions()) {
        if (!request.function_name().empty() && request.function_name() != name)
            continue;
        searchVariables(search, name, *response);
        if (function->latest->spec)
            packages.push_back({name, function->latest->spec->codeDirectory,
                                function->latest->spec->codeLease});
    }
    search.workers.post([&io = search.io, response, packages = std::move(packages),
                         reply = std::move(reply),
                         guard = boost::asio::make_work_guard(search.io)]() mutable {
        for (const Package& package : packages) {
            const Found found = searchPackage(package.directory);
            response->set_truncated(response->truncated() || found.truncated);
            for (const CodeSecret& secret : found.secrets) {
                v1::PastedSecret& out = *response->add_found();
                addFound(package.functionName, secret.at.suspicion, secret.at.name, out);
                out.set_file(secret.file);
                out.set_line(secret.at.line);
            }
        }
        boost::asio::post(io, [response, reply = std::move(reply)] { reply(std::move(*response)); });
    });
}

void searchCode(const PastedSearch& search, const Version& version,
                std::function<void(std::vector<CodeSecret>)> done)
{
    if (!version.spec)
        return done({});
    search.workers.post([&io = search.io, directory = version.spec->codeDirectory,
                         lease = version.spec->codeLease, done = std::move(done),
                         guard = boost::asio::make_work_guard(search.io)]() mutable {
        boost::asio::post(io, [found = searchPackage(directory), done = std::move(done)]() mutable {
            done(std::move(found.secrets));
        });
    });
}

} // namespace gantry::api
