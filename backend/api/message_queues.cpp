#include "backend/api/message_queues.h"

#include "backend/api/operation_table.h"
#include "backend/functions/registry.h"
#include "backend/queues/queues.h"
#include "gantry/store/functions.pb.h"
#include "gantry/v1/message_queues.pb.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace gantry::api {
namespace {

constexpr int kMost = 100;

// The functions by the ARN that their asynchronous events go on to.
std::map<std::string, std::set<std::string>> feeders(const functions::Registry& registry)
{
    std::map<std::string, std::set<std::string>> fed;
    for (const auto& [name, function] : registry.functions()) {
        fed[function->latest->configuration.dead_letter_config().target_arn()].insert(name);
        for (const auto& [number, version] : function->versions)
            fed[version->configuration.dead_letter_config().target_arn()].insert(name);
        for (const auto& [qualifier, config] : function->settings->event_invoke()) {
            fed[config.destination_config().on_success().destination()].insert(name);
            fed[config.destination_config().on_failure().destination()].insert(name);
        }
    }
    return fed;
}

v1::MessageQueueList list(const queues::Queues& queues, const functions::Registry& registry)
{
    v1::MessageQueueList result;
    const auto fed = feeders(registry);
    for (const std::string& name : queues.names()) {
        v1::MessageQueue& queue = *result.add_queues();
        const queues::Queues::Counts counts = queues.counts(name);
        queue.set_name(name);
        queue.set_arn(queues.arnOf(name));
        queue.set_visible(counts.visible);
        queue.set_in_flight(counts.inFlight);
        queue.set_delayed(counts.delayed);
        queue.set_oldest_sent_ms(queues.oldestSentMs(name));
        if (const auto names = fed.find(queue.arn()); names != fed.end())
            queue.mutable_fed_by()->Add(names->second.begin(), names->second.end());
    }
    return result;
}

v1::PeekedMessage messageOf(const queues::MessageRow& row)
{
    v1::PeekedMessage message;
    message.set_message_id(row.record.message_id());
    message.set_body(row.body);
    message.set_sent_ms(row.record.sent_ms());
    message.set_receives(row.state.receives);
    message.set_visible_ms(row.state.visibleMs);
    message.set_dead_letter_source(row.record.dead_letter_source());
    for (const auto& [name, value] : row.record.attributes())
        (*message.mutable_attributes())[name] = value.has_binary_value()
                                                    ? absl::Base64Escape(value.binary_value())
                                                    : value.string_value();
    return message;
}

} // namespace

void registerMessageQueues(OperationTable& table, queues::Queues& queues,
                           const functions::Registry& registry)
{
    table.on<v1::ListMessageQueuesRequest, v1::MessageQueueList>(
        [&queues, &registry](const CallPtr&, const auto&, const Reply<v1::MessageQueueList>& reply) {
            reply(list(queues, registry));
        });
    table.on<v1::PeekMessagesRequest, v1::PeekedMessages>(
        [&queues](const CallPtr&, const auto& request, Reply<v1::PeekedMessages> reply) {
            const int most = request.most() > 0 ? std::min(request.most(), kMost) : kMost;
            queues.peek(request.queue_name(), most, [reply = std::move(reply)](const auto& rows) {
                if (!rows.ok())
                    return reply(rows.status());
                v1::PeekedMessages result;
                for (const queues::MessageRow& row : *rows)
                    *result.add_messages() = messageOf(row);
                reply(std::move(result));
            });
        });
}

} // namespace gantry::api
