#include "backend/observe/insights/run.h"

#include "backend/observe/insights/stages.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace gantry::observe::insights {
namespace {

constexpr std::size_t kSortedRows = 1'000'000; // that a sort in the middle of a query may hold

template <class T> bool isA(const Command& command)
{
    return std::holds_alternative<T>(command);
}

// Counts what came through the filters at the front.
class Counter final : public Stage {
public:
    explicit Counter(std::int64_t& count) : m_count(count) {}
    void row(Row row) override
    {
        ++m_count;
        m_next->row(std::move(row));
    }

private:
    std::int64_t& m_count;
};

class Runner final {
public:
    Runner(const std::vector<Command>& commands, const Query& query)
        : m_commands(commands), m_query(query), m_collect(limitAtEnd())
    {
        build();
    }

    absl::Status scan(store::Database& database, const std::atomic<bool>& cancelled)
    {
        logs::Scan scan;
        scan.groups = m_query.groups;
        scan.fromMicros = m_query.fromMs * 1'000;
        scan.toMicros = m_query.toMs * 1'000 + 1'000;
        for (const Command& command : m_commands) {
            const auto* filter = std::get_if<Filter>(&command);
            if (!filter)
                break;
            filter->condition->addTexts(scan.texts, scan.requestId);
        }
        Stage& first = *m_stages.front();
        absl::Status status = logs::scanLines(
            database, scan, logs::Order::NewestFirst,
            [&](std::int64_t, std::int64_t last) {
                const auto enough = m_newest ? m_newest->enoughBeforeMs() : std::nullopt;
                return !cancelled && !(enough && last / 1'000 < *enough);
            },
            [&](const logs::LineView& line) { first.row(Row(line)); }, &m_result.statistics);
        if (status.ok() && cancelled)
            status = absl::CancelledError("The query was stopped.");
        if (status.ok())
            first.end();
        return status;
    }

    Result result()
    {
        m_result.fields = shownFields();
        for (Row& row : m_collect.rows()) {
            auto& values = m_result.rows.emplace_back();
            for (const std::string& field : m_result.fields) {
                const Value value = row.field(field);
                if (!isNull(value))
                    values.emplace_back(field, textOf(value));
            }
        }
        return std::move(m_result);
    }

private:
    std::size_t limitAtEnd() const
    {
        return m_commands.empty() || !isA<Limit>(m_commands.back()) ? m_query.limit
                                                                    : std::size_t{10'000};
    }

    // How many rows after a command are wanted at most.
    std::size_t wantedAfter(std::size_t index) const
    {
        if (index + 1 == m_commands.size())
            return m_query.limit;
        const auto* limit = std::get_if<Limit>(&m_commands[index + 1]);
        return limit ? limit->rows : kSortedRows;
    }

    void build()
    {
        const auto is = [this](auto test) {
            return std::any_of(m_commands.begin(), m_commands.end(), test);
        };
        bool ordered = is([](const Command& c) { return isA<Sort>(c) || isA<Stats>(c); });
        bool counted = false;
        for (std::size_t i = 0; i < m_commands.size(); ++i) {
            const Command& command = m_commands[i];
            if (!counted && !isA<Filter>(command) && !isA<Fields>(command) && !isA<Parse>(command)) {
                counted = true;
                add(std::make_unique<Counter>(m_result.recordsMatched));
            }
            if (!ordered && (isA<Limit>(command) || isA<Dedup>(command))) {
                addNewest(isA<Limit>(command) ? std::get<Limit>(command).rows : kSortedRows);
                ordered = true;
            }
            add(makeStage(command, wantedAfter(i)));
        }
        if (!counted)
            add(std::make_unique<Counter>(m_result.recordsMatched));
        if (!ordered)
            addNewest(m_query.limit);
        m_stages.back()->to(&m_collect);
    }

    void add(std::unique_ptr<Stage> stage)
    {
        if (!m_stages.empty())
            m_stages.back()->to(stage.get());
        m_stages.push_back(std::move(stage));
    }

    void addNewest(std::size_t keep)
    {
        add(makeNewestFirst(keep));
        m_newest = m_stages.back().get();
    }

    std::vector<std::string> shownFields() const
    {
        std::vector<std::string> shown;
        const auto show = [&shown](const std::string& name) {
            if (std::find(shown.begin(), shown.end(), name) == shown.end())
                shown.push_back(name);
        };
        bool chosen = false;
        for (const Command& command : m_commands) {
            if (const auto* stats = std::get_if<Stats>(&command)) {
                shown.clear();
                chosen = true;
                for (const auto* list : {&stats->by, &stats->results}) {
                    for (const Named& each : *list)
                        show(each.name);
                }
            } else if (const auto* fields = std::get_if<Fields>(&command)) {
                if (fields->display)
                    shown.clear();
                chosen = true;
                for (const Named& each : fields->fields)
                    show(each.name);
            }
        }
        return chosen ? shown : std::vector<std::string>{"@timestamp", "@message"};
    }

    const std::vector<Command>& m_commands;
    const Query& m_query;
    Result m_result;
    std::vector<std::unique_ptr<Stage>> m_stages;
    Stage* m_newest = nullptr;
    Collect m_collect;
};

} // namespace

absl::StatusOr<Result> run(store::Database& database, const Query& query,
                           const std::atomic<bool>& cancelled)
{
    const auto commands = parseQuery(query.text);
    if (!commands.ok())
        return commands.status();
    Runner runner(*commands, query);
    if (absl::Status status = runner.scan(database, cancelled); !status.ok())
        return status;
    return runner.result();
}

} // namespace gantry::observe::insights
