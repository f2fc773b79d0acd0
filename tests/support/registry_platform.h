#pragma once

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/worker_pool.h"
#include "backend/functions/registry.h"
#include "tests/unit/backend/zip_maker.h"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

// What the tests of the functions' registry share.
namespace gantry::test {

using namespace gantry::functions;
namespace lambda = gantry::aws::lambda;
namespace fs = std::filesystem;

inline constexpr const char* kRole = "arn:aws:iam::000000000000:role/any";

inline std::string zipOf(const std::string& code)
{
    return makeZip({{.name = "main.py", .data = code}});
}

inline lambda::CreateFunctionRequest createRequest(const std::string& name, const std::string& code = "1")
{
    lambda::CreateFunctionRequest request;
    request.set_function_name(name);
    request.set_runtime("python3.11");
    request.set_handler("main.handler");
    request.set_role(kRole);
    request.mutable_code()->set_zip_file(zipOf(code));
    return request;
}

inline lambda::UpdateFunctionCodeRequest codeRequest(const std::string& name, const std::string& code)
{
    lambda::UpdateFunctionCodeRequest request;
    request.set_function_name(name);
    request.set_zip_file(zipOf(code));
    return request;
}

inline std::string readFile(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

inline std::string textOf(const absl::Status& status)
{
    return awsErrorOf(status).name + ": " + awsErrorOf(status).message;
}

// A platform's control plane on a directory of its own; made again, it is a restart.
struct Platform {
    explicit Platform(const fs::path& directory, Options options = {})
        : pool(1), code(*store::CodeStore::open(io, pool, directory / "code")),
          registry(*Registry::open(io, directory / "functions.db", *code, clock, options))
    {
    }

    // Runs until nothing is under way any more: deploys are then active.
    void settle()
    {
        io.restart();
        io.run();
    }

    template <class Call> auto ask(Call call)
    {
        std::optional<absl::StatusOr<Configuration>> answer;
        call([&](absl::StatusOr<Configuration> reply) { answer = std::move(reply); });
        while (!answer) {
            io.restart();
            if (io.run_one() == 0)
                throw std::logic_error("no answer");
        }
        return *std::move(answer);
    }
    absl::StatusOr<Configuration> create(const lambda::CreateFunctionRequest& request)
    {
        return ask([&](auto reply) { registry->create(request, std::move(reply)); });
    }
    absl::StatusOr<Configuration> updateCode(const lambda::UpdateFunctionCodeRequest& request)
    {
        return ask([&](auto reply) { registry->updateCode(request, std::move(reply)); });
    }
    absl::StatusOr<Configuration>
    updateConfiguration(const lambda::UpdateFunctionConfigurationRequest& request)
    {
        return ask([&](auto reply) { registry->updateConfiguration(request, std::move(reply)); });
    }
    absl::StatusOr<Configuration> publish(const std::string& name,
                                          const std::string& description = {})
    {
        lambda::PublishVersionRequest request;
        request.set_function_name(name);
        request.set_description(description);
        return ask([&](auto reply) { registry->publish(request, std::move(reply)); });
    }
    absl::Status remove(const std::string& name, const std::string& qualifier = {})
    {
        lambda::DeleteFunctionRequest request;
        request.set_function_name(name);
        if (!qualifier.empty())
            request.set_qualifier(qualifier);
        absl::Status result = absl::UnknownError("no answer");
        registry->remove(request, [&](absl::Status status) { result = std::move(status); });
        settle();
        return result;
    }
    absl::StatusOr<Alias> createAlias(const std::string& function, const std::string& name,
                                      const std::string& version,
                                      const std::string& additional = {}, double weight = 0)
    {
        lambda::CreateAliasRequest request;
        request.set_function_name(function);
        request.set_name(name);
        request.set_function_version(version);
        if (!additional.empty())
            (*request.mutable_routing_config()->mutable_additional_version_weights())[additional] =
                weight;
        absl::StatusOr<Alias> result = absl::UnknownError("no answer");
        registry->createAlias(request, [&](auto alias) { result = std::move(alias); });
        settle();
        return result;
    }
    // Created and active.
    void deploy(const std::string& name, const std::string& code = "1")
    {
        const auto created = create(createRequest(name, code));
        if (!created.ok())
            throw std::logic_error(textOf(created.status()));
        settle();
    }
    std::string codeOf(const std::string& name, const std::string& qualifier = {}) const
    {
        const auto target = registry->resolve(name, qualifier, 0);
        return target.ok() ? readFile(fs::path(target->spec->codeDirectory) / "main.py")
                           : textOf(target.status());
    }

    boost::asio::io_context io;
    Clock clock;
    WorkerPool pool;
    std::unique_ptr<store::CodeStore> code;
    std::unique_ptr<Registry> registry;
};

} // namespace gantry::test
