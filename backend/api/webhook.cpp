#include "backend/api/webhook.h"

#include "backend/api/http_post.h"
#include "backend/base/error.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/post.hpp>

#include <utility>

namespace gantry::api {
namespace {

absl::Status send(const PostRequest& request, const std::atomic<bool>& stop)
{
    const auto answer = post(request, stop);
    if (!answer.ok())
        return serviceError(absl::StrCat("The webhook was not reached: ", answer.status().message(), "."));
    if (answer->status < 200 || answer->status > 299)
        return serviceError(absl::StrCat("The webhook answered with HTTP status ", answer->status, "."));
    return absl::OkStatus();
}

} // namespace

Webhook::Webhook(boost::asio::io_context& io) : m_io(io) {}

Webhook::~Webhook()
{
    m_stop = true;
}

void Webhook::post(std::string url, std::string json, std::function<void(absl::Status)> done)
{
    PostRequest request{std::move(url), {"Content-Type: application/json"}, std::move(json), 0};
    m_workers.post([this, request = std::move(request), done = std::move(done),
                    alive = std::weak_ptr<int>(m_alive)] {
        absl::Status status = send(request, m_stop);
        boost::asio::post(m_io, [done, alive, status = std::move(status)] {
            if (!alive.expired())
                done(status);
        });
    });
}

} // namespace gantry::api
