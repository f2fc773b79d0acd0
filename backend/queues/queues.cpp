#include "backend/queues/queues.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>

// The queues themselves: what they are called and how they are set.
namespace gantry::queues {
namespace {

namespace sqs = aws::sqs;

constexpr std::int64_t kPurgeEveryMs = 60'000;
constexpr int kPage = 1'000;

void merge(const Attributes& from, Attributes& to)
{
    for (const auto& [name, value] : from)
        to[name] = value;
}

std::string seconds(std::int64_t millis)
{
    return std::to_string(millis / 1000);
}

// One page of names behind the token; next receives where the following one begins.
std::vector<std::string> pageOf(const std::vector<std::string>& names, const std::string& token,
                                int size, std::string& next)
{
    std::vector<std::string> page;
    for (const std::string& name : names) {
        if (!token.empty() && name <= token)
            continue;
        if (static_cast<int>(page.size()) == size) {
            next = page.back();
            break;
        }
        page.push_back(name);
    }
    return page;
}

} // namespace

absl::StatusOr<std::unique_ptr<Queues>>
Queues::open(boost::asio::io_context& io, const std::filesystem::path& file, const Clock& clock,
             Place place, std::function<std::string()> origin)
{
    std::unique_ptr<Queues> queues(new Queues(io, clock, std::move(place), std::move(origin)));
    QueueStore::Found found;
    found.queue = [&queues](const std::string& name, record::StoredQueue record) {
        Queue& queue = queues->m_queues[name];
        queue.settings = settingsOf(record.attributes());
        queue.record = std::move(record);
    };
    found.message = [&queues](const std::string& name, const MessageRow& row) {
        Queue& queue = queues->m_queues[name];
        queue.messages[row.state.id] = {row.record.message_id(), row.record.sent_ms(), row.state,
                                        false};
        queue.waiting.emplace(row.state.visibleMs, row.state.id);
        queues->m_nextId = std::max(queues->m_nextId, row.state.id + 1);
    };
    auto store = QueueStore::open(io, file, found);
    if (!store.ok())
        return store.status();
    queues->m_store = *std::move(store);
    queues->sweep();
    return queues;
}

Queues::Queues(boost::asio::io_context& io, const Clock& clock, Place place,
               std::function<std::string()> origin)
    : m_clock(clock), m_place(std::move(place)), m_origin(std::move(origin)), m_timer(io)
{
}

Queues::~Queues() = default;

absl::StatusOr<Queues::Queue*> Queues::find(const std::string& url)
{
    const auto found = m_queues.find(nameFromUrl(url));
    if (found == m_queues.end())
        return noSuchQueue();
    return &found->second;
}

absl::StatusOr<const Queues::Queue*> Queues::find(const std::string& url) const
{
    return const_cast<Queues*>(this)->find(url);
}

std::string Queues::urlOf(const std::string& name) const
{
    return absl::StrCat(m_origin(), "/", m_place.accountId, "/", name);
}

bool Queues::exists(const std::string& arn) const
{
    const std::string name = nameFromArn(arn);
    return arn == arnOf(name) && m_queues.contains(name);
}

std::string Queues::policyOf(const std::string& arn) const
{
    const auto found = m_queues.find(nameFromArn(arn));
    if (found == m_queues.end())
        return {};
    const auto& attributes = found->second.record.attributes();
    const auto policy = attributes.find("Policy");
    return policy == attributes.end() ? std::string() : policy->second;
}

std::vector<std::string> Queues::names() const
{
    std::vector<std::string> names;
    for (const auto& [name, queue] : m_queues)
        names.push_back(name);
    return names;
}

absl::Status Queues::checkRedrive(const std::string& name, const Attributes& attributes) const
{
    const auto policy = attributes.find("RedrivePolicy");
    if (policy == attributes.end() || policy->second.empty())
        return absl::OkStatus();
    const std::string target = settingsOf(attributes).deadLetterArn;
    if (exists(target) && target != arnOf(name))
        return absl::OkStatus();
    return invalidValue(absl::StrCat("Value ", policy->second,
                                     " for parameter RedrivePolicy is invalid. Reason: Dead letter "
                                     "target does not exist."));
}

void Queues::create(const sqs::CreateQueueRequest& request, Reply<sqs::CreateQueueResult> reply)
{
    absl::Status valid = checkName(request.queue_name());
    valid.Update(checkAttributes(request.attributes()));
    valid.Update(checkRedrive(request.queue_name(), request.attributes()));
    if (!valid.ok())
        return reply(valid);
    sqs::CreateQueueResult result;
    result.set_queue_url(urlOf(request.queue_name()));
    if (const auto found = m_queues.find(request.queue_name()); found != m_queues.end()) {
        const Attributes known = withDefaults(found->second.record.attributes());
        for (const auto& [name, value] : request.attributes()) {
            const auto same = known.find(name);
            if (name != "FifoQueue" && (same == known.end() || same->second != value))
                return reply(makeError("QueueNameExists", 400,
                                       absl::StrCat("A queue already exists with the same name "
                                                    "and a different value for attribute ", name)));
        }
        return reply(std::move(result));
    }
    record::StoredQueue record;
    record.set_created_ms(m_clock.unixMillis());
    merge(request.attributes(), *record.mutable_attributes());
    *record.mutable_tags() = request.tags();
    save(request.queue_name(), std::move(record),
         [result = std::move(result), reply = std::move(reply)](const absl::Status& status) {
             status.ok() ? reply(result) : reply(status);
         });
}

void Queues::save(const std::string& name, record::StoredQueue record, Done done)
{
    record.set_modified_ms(m_clock.unixMillis());
    m_store->putQueue(name, record,
                      [this, name, record, done = std::move(done)](const absl::Status& status) {
                          if (status.ok()) {
                              Queue& queue = m_queues[name];
                              queue.settings = settingsOf(record.attributes());
                              queue.record = record;
                          }
                          done(status);
                      });
}

void Queues::change(const std::string& url, const std::function<void(record::StoredQueue&)>& edit,
                    Done done)
{
    const auto queue = find(url);
    if (!queue.ok())
        return done(queue.status());
    record::StoredQueue record = (*queue)->record;
    edit(record);
    save(nameFromUrl(url), std::move(record), std::move(done));
}

void Queues::setAttributes(const sqs::SetQueueAttributesRequest& request, Done done)
{
    absl::Status valid = checkAttributes(request.attributes());
    valid.Update(checkRedrive(nameFromUrl(request.queue_url()), request.attributes()));
    if (!valid.ok())
        return done(valid);
    change(
        request.queue_url(),
        [&request](record::StoredQueue& record) {
            merge(request.attributes(), *record.mutable_attributes());
        },
        std::move(done));
}

void Queues::tag(const sqs::TagQueueRequest& request, Done done)
{
    change(
        request.queue_url(),
        [&request](record::StoredQueue& record) { merge(request.tags(), *record.mutable_tags()); },
        std::move(done));
}

void Queues::untag(const sqs::UntagQueueRequest& request, Done done)
{
    change(
        request.queue_url(),
        [&request](record::StoredQueue& record) {
            for (const std::string& key : request.tag_keys())
                record.mutable_tags()->erase(key);
        },
        std::move(done));
}

void Queues::remove(const sqs::DeleteQueueRequest& request, Done done)
{
    const auto queue = find(request.queue_url());
    if (!queue.ok())
        return done(queue.status());
    const std::string name = nameFromUrl(request.queue_url());
    m_store->removeQueue(name, [this, name, done = std::move(done)](const absl::Status& status) {
        if (const auto found = m_queues.find(name); status.ok() && found != m_queues.end()) {
            const std::list<Waiter> waiters = std::move(found->second.waiters);
            m_queues.erase(found);
            for (const Waiter& waiter : waiters)
                waiter.reply(noSuchQueue());
        }
        done(status);
    });
}

void Queues::purge(const sqs::PurgeQueueRequest& request, Done done)
{
    const auto queue = find(request.queue_url());
    if (!queue.ok())
        return done(queue.status());
    const std::string name = nameFromUrl(request.queue_url());
    const std::int64_t now = m_clock.unixMillis();
    if ((*queue)->purgedMs > now - kPurgeEveryMs)
        return done(makeError("PurgeQueueInProgress", 403,
                              absl::StrCat("Only one PurgeQueue operation on ", name,
                                           " is allowed every 60 seconds.")));
    (*queue)->purgedMs = now;
    std::vector<std::int64_t> ids;
    for (const auto& [id, message] : (*queue)->messages)
        ids.push_back(id);
    m_store->remove(ids, [this, name, ids, done = std::move(done)](const absl::Status& status) {
        if (status.ok())
            forget(name, ids);
        done(status);
    });
}

absl::StatusOr<sqs::GetQueueUrlResult> Queues::url(const sqs::GetQueueUrlRequest& request) const
{
    const bool ours = !request.has_queue_owner_aws_account_id() ||
                      request.queue_owner_aws_account_id() == m_place.accountId;
    if (!ours || !m_queues.contains(request.queue_name()))
        return noSuchQueue();
    sqs::GetQueueUrlResult result;
    result.set_queue_url(urlOf(request.queue_name()));
    return result;
}

Queues::Counts Queues::count(const Queue& queue) const
{
    Counts counts;
    const std::int64_t now = m_clock.unixMillis();
    for (const auto& [id, message] : queue.messages) {
        if (message.state.visibleMs <= now && !message.held)
            ++counts.visible;
        else if (message.state.receives > 0 || message.held)
            ++counts.inFlight;
        else
            ++counts.delayed;
    }
    return counts;
}

Queues::Counts Queues::counts(const std::string& name) const
{
    const auto found = m_queues.find(name);
    return found == m_queues.end() ? Counts() : count(found->second);
}

std::int64_t Queues::oldestSentMs(const std::string& name) const
{
    const auto found = m_queues.find(name);
    if (found == m_queues.end() || found->second.messages.empty())
        return 0;
    return found->second.messages.begin()->second.sentMs;
}

absl::StatusOr<sqs::GetQueueAttributesResult>
Queues::attributes(const sqs::GetQueueAttributesRequest& request) const
{
    const auto queue = find(request.queue_url());
    if (!queue.ok())
        return queue.status();
    for (const std::string& name : request.attribute_names()) {
        if (!isQueueAttribute(name))
            return makeError("InvalidAttributeName", 400,
                             absl::StrCat("Unknown Attribute ", name.substr(0, 256), "."));
    }
    Attributes all = withDefaults((*queue)->record.attributes());
    const Counts counts = count(**queue);
    all["QueueArn"] = arnOf(nameFromUrl(request.queue_url()));
    all["CreatedTimestamp"] = seconds((*queue)->record.created_ms());
    all["LastModifiedTimestamp"] = seconds((*queue)->record.modified_ms());
    all["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
    all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.inFlight);
    all["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
    sqs::GetQueueAttributesResult result;
    for (const auto& [name, value] : all) {
        if (asksFor(request.attribute_names(), name))
            (*result.mutable_attributes())[name] = value;
    }
    return result;
}

absl::StatusOr<sqs::ListQueuesResult> Queues::list(const sqs::ListQueuesRequest& request) const
{
    if (absl::Status valid = checkRange("MaxResults", request.has_max_results(),
                                        request.max_results(), 1, kPage);
        !valid.ok())
        return valid;
    std::vector<std::string> wanted;
    for (const auto& [name, queue] : m_queues) {
        if (absl::StartsWith(name, request.queue_name_prefix()))
            wanted.push_back(name);
    }
    sqs::ListQueuesResult result;
    std::string next;
    const int size = request.has_max_results() ? request.max_results() : kPage;
    for (const std::string& name : pageOf(wanted, request.next_token(), size, next))
        result.add_queue_urls(urlOf(name));
    // As on AWS, who does not ask for pages gets none.
    if (!next.empty() && request.has_max_results())
        result.set_next_token(next);
    return result;
}

absl::StatusOr<sqs::ListDeadLetterSourceQueuesResult>
Queues::sources(const sqs::ListDeadLetterSourceQueuesRequest& request) const
{
    if (const auto queue = find(request.queue_url()); !queue.ok())
        return queue.status();
    const std::string arn = arnOf(nameFromUrl(request.queue_url()));
    std::vector<std::string> wanted;
    for (const auto& [name, queue] : m_queues) {
        if (queue.settings.deadLetterArn == arn)
            wanted.push_back(name);
    }
    sqs::ListDeadLetterSourceQueuesResult result;
    std::string next;
    const int size = request.has_max_results() ? request.max_results() : kPage;
    for (const std::string& name : pageOf(wanted, request.next_token(), size, next))
        result.add_queue_urls(urlOf(name));
    if (!next.empty())
        result.set_next_token(next);
    return result;
}

absl::StatusOr<sqs::ListQueueTagsResult>
Queues::tags(const sqs::ListQueueTagsRequest& request) const
{
    const auto queue = find(request.queue_url());
    if (!queue.ok())
        return queue.status();
    sqs::ListQueueTagsResult result;
    *result.mutable_tags() = (*queue)->record.tags();
    return result;
}

} // namespace gantry::queues
