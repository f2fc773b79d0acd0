#include "backend/wire/registry_reply.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/base/uri.h"
#include "backend/images/image_store.h"
#include "backend/wire/json_writer.h"

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <unistd.h>

namespace gantry::wire {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

std::string codeOf(const std::string& name)
{
    static const auto* codes = new absl::flat_hash_map<std::string, std::string>{
        {"Unauthorized", "UNAUTHORIZED"},
        {"AccessDeniedException", "DENIED"},
        {"DigestInvalid", "DIGEST_INVALID"},
        {"ManifestInvalid", "MANIFEST_INVALID"},
        {"ManifestBlobUnknown", "MANIFEST_BLOB_UNKNOWN"},
    };
    if (const auto found = codes->find(name); found != codes->end())
        return found->second;
    // Those of registryStatus are codes already.
    const bool ours = name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string::npos;
    return ours ? name : "UNKNOWN";
}

class FileSource final : public BodySource, public std::enable_shared_from_this<FileSource> {
public:
    FileSource(images::ImageStore& images, UniqueFd file, std::int64_t size)
        : m_images(images), m_file(std::move(file)), m_left(size)
    {
    }

    void read(std::function<void(Part)> done) override
    {
        const auto part = std::make_shared<Part>();
        m_images.work(
            [self = shared_from_this(), part] {
                part->bytes.resize(std::min<std::size_t>(kPiece, static_cast<std::size_t>(self->m_left)));
                ssize_t size;
                do {
                    size = ::read(self->m_file.get(), part->bytes.data(), part->bytes.size());
                } while (size < 0 && errno == EINTR);
                part->bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
                self->m_left -= static_cast<std::int64_t>(part->bytes.size());
                part->last = self->m_left == 0;
                if (part->bytes.empty() && !part->last)
                    part->last = part->broken = true;
            },
            [part, done = std::move(done)] { done(std::move(*part)); });
    }
    void cancel() override {}

private:
    images::ImageStore& m_images;
    const UniqueFd m_file;
    std::int64_t m_left; // of the work that is under way, or nobody's
};

} // namespace

std::string registryParameter(const HttpRequest& request, std::string_view name)
{
    const auto query = parseQuery(request.query).value_or(QueryParameters());
    for (const auto& [key, value] : query)
        if (key == name)
            return value;
    return {};
}

HttpReply registryReply(int status)
{
    HttpReply reply;
    reply.status = status;
    reply.headers.emplace_back("Docker-Distribution-API-Version", "registry/2.0");
    return reply;
}

HttpReply registryJson(std::string body)
{
    HttpReply reply = registryReply(200);
    reply.headers.emplace_back("Content-Type", "application/json");
    reply.body = std::move(body);
    return reply;
}

absl::Status registryStatus(int status, std::string_view code, std::string message)
{
    return makeError(code, status, std::move(message));
}

HttpReply registryError(const absl::Status& status)
{
    const AwsError error = awsErrorOf(status);
    HttpReply reply = registryReply(error.status);
    if (error.status == 401)
        reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Gantry\",service=\"ecr\"");
    reply.headers.emplace_back("Content-Type", "application/json");
    reply.body = absl::StrCat("{\"errors\":[{\"code\":\"", codeOf(error.name), "\",\"message\":");
    writeJsonString(error.message, reply.body);
    reply.body += "}]}";
    return reply;
}

HttpReply fileReply(images::ImageStore& images, UniqueFd file, std::int64_t size)
{
    HttpReply reply = registryReply(200);
    reply.headers.emplace_back("Content-Type", "application/octet-stream");
    reply.headers.emplace_back("Content-Length", absl::StrCat(size));
    if (size > 0)
        reply.source = std::make_shared<FileSource>(images, std::move(file), size);
    return reply;
}

} // namespace gantry::wire
