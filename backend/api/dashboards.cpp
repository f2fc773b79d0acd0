#include "backend/api/dashboards.h"

#include "aws/cloudwatch.pb.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/observe/cloudwatch/messages.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace gantry::api {
namespace {

namespace cw = observe::cloudwatch;
namespace pb = aws::cloudwatch;
using cw::Dashboards;

constexpr std::size_t kLongestName = 255;
constexpr int kPage = 1000; // of ListDashboards

bool isName(const std::string& name)
{
    return !name.empty() && name.size() <= kLongestName &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
           });
}

std::string arnOf(const std::string& accountId, const std::string& name)
{
    return absl::StrCat("arn:aws:cloudwatch::", accountId, ":dashboard/", name);
}

void put(Dashboards& dashboards, std::int64_t nowMs, const pb::PutDashboardInput& request,
         const Reply<pb::PutDashboardOutput>& reply)
{
    if (!isName(request.dashboard_name()))
        return reply(makeError("DashboardInvalidInputError", 400,
                               "The value for field DashboardName must have 1 to 255 characters of "
                               "A-Z, a-z, 0-9, - and _."));
    const auto messages = Dashboards::check(request.dashboard_body());
    if (!messages.ok())
        return reply(messages.status());
    pb::PutDashboardOutput output;
    for (const cw::DashboardMessage& message : *messages) {
        pb::DashboardValidationMessage& to = *output.add_dashboard_validation_messages();
        to.set_data_path(message.path);
        to.set_message(message.message);
    }
    dashboards.put(request.dashboard_name(), request.dashboard_body(), nowMs,
                   [reply, output = std::move(output)](const absl::Status& status) {
                       status.ok() ? reply(output) : reply(status);
                   });
}

void get(Dashboards& dashboards, const std::string& accountId,
         const pb::GetDashboardInput& request, const Reply<pb::GetDashboardOutput>& reply)
{
    dashboards.get(request.dashboard_name(), [reply, accountId, name = request.dashboard_name()](
                                                 absl::StatusOr<std::string> body) {
        if (!body.ok())
            return reply(body.status());
        pb::GetDashboardOutput output;
        output.set_dashboard_name(name);
        output.set_dashboard_arn(arnOf(accountId, name));
        output.set_dashboard_body(*std::move(body));
        reply(std::move(output));
    });
}

// The token is the name that the page ended with.
void list(Dashboards& dashboards, const std::string& accountId,
          const pb::ListDashboardsInput& request, const Reply<pb::ListDashboardsOutput>& reply)
{
    if (request.has_next_token() && !isName(request.next_token()))
        return reply(makeError("InvalidParameterValueException", 400,
                               "The next token is not valid."));
    dashboards.list(
        request.dashboard_name_prefix(), request.next_token(), kPage + 1,
        [reply, accountId](absl::StatusOr<std::vector<cw::DashboardEntry>> entries) {
            if (!entries.ok())
                return reply(entries.status());
            pb::ListDashboardsOutput output;
            for (const cw::DashboardEntry& entry : *entries) {
                if (output.dashboard_entries_size() == kPage) {
                    output.set_next_token(output.dashboard_entries(kPage - 1).dashboard_name());
                    break;
                }
                pb::DashboardEntry& to = *output.add_dashboard_entries();
                to.set_dashboard_name(entry.name);
                to.set_dashboard_arn(arnOf(accountId, entry.name));
                to.set_size(entry.size);
                cw::setTime(*to.mutable_last_modified(), entry.modifiedMs);
            }
            reply(std::move(output));
        });
}

} // namespace

void registerDashboards(OperationTable& table, Dashboards& dashboards,
                        const std::string& accountId, const Clock& clock)
{
    table.on<pb::PutDashboardInput, pb::PutDashboardOutput>(
        [&dashboards, &clock](const CallPtr&, const auto& request, const auto& reply) {
            put(dashboards, clock.unixMillis(), request, reply);
        });
    table.on<pb::GetDashboardInput, pb::GetDashboardOutput>(
        [&dashboards, accountId](const CallPtr&, const auto& request, const auto& reply) {
            get(dashboards, accountId, request, reply);
        });
    table.on<pb::ListDashboardsInput, pb::ListDashboardsOutput>(
        [&dashboards, accountId](const CallPtr&, const auto& request, const auto& reply) {
            list(dashboards, accountId, request, reply);
        });
    table.on<pb::DeleteDashboardsInput, pb::DeleteDashboardsOutput>(
        [&dashboards](const CallPtr&, const auto& request,
                      const Reply<pb::DeleteDashboardsOutput>& reply) {
            dashboards.remove({request.dashboard_names().begin(), request.dashboard_names().end()},
                              [reply](const absl::Status& status) {
                                  status.ok() ? reply(pb::DeleteDashboardsOutput()) : reply(status);
                              });
        });
}

} // namespace gantry::api
