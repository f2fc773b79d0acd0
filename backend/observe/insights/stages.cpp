#include "backend/observe/insights/stages.h"

#include "backend/base/text.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace gantry::observe::insights {
namespace {

class FilterStage final : public Stage {
public:
    explicit FilterStage(const Filter& command) : m_command(command) {}
    void row(Row row) override
    {
        if (isTrue(m_command.condition->value(row)))
            m_next->row(std::move(row));
    }

private:
    const Filter& m_command;
};

class FieldsStage final : public Stage {
public:
    explicit FieldsStage(const Fields& command) : m_command(command) {}
    void row(Row row) override
    {
        for (const Named& field : m_command.fields) {
            if (!field.expression->field() || *field.expression->field() != field.name)
                row.set(field.name, field.expression->value(row));
        }
        m_next->row(std::move(row));
    }

private:
    const Fields& m_command;
};

class ParseStage final : public Stage {
public:
    explicit ParseStage(const Parse& command) : m_command(command) {}
    void row(Row row) override
    {
        const Value source =
            m_command.source ? m_command.source->value(row) : row.field("@message");
        const std::string text = textOf(source);
        if (const auto spans = m_command.regex->search(text)) {
            const auto set = [&](const std::string& name, std::size_t group) {
                if (group < spans->size() && (*spans)[group])
                    row.set(name, text.substr((*spans)[group]->first,
                                              (*spans)[group]->second - (*spans)[group]->first));
            };
            for (std::size_t i = 0; i < m_command.names.size(); ++i)
                set(m_command.names[i], i + 1);
            if (m_command.names.empty()) {
                for (const auto& [group, name] : m_command.regex->names())
                    set(name, group);
            }
        }
        m_next->row(std::move(row));
    }

private:
    const Parse& m_command;
};

class LimitStage final : public Stage {
public:
    explicit LimitStage(const Limit& command) : m_left(command.rows) {}
    void row(Row row) override
    {
        if (m_left == 0)
            return;
        --m_left;
        m_next->row(std::move(row));
    }

private:
    std::size_t m_left;
};

std::string keyOf(const std::vector<Named>& by, const Row& row)
{
    std::string key;
    for (const Named& each : by) {
        const std::string text = textOf(each.expression->value(row));
        absl::StrAppend(&key, text.size(), ":", text);
    }
    return key;
}

class DedupStage final : public Stage {
public:
    explicit DedupStage(const Dedup& command) : m_command(command) {}
    void row(Row row) override
    {
        if (m_seen.insert(keyOf(m_command.by, row)).second)
            m_next->row(std::move(row));
    }

private:
    const Dedup& m_command;
    absl::flat_hash_set<std::string> m_seen;
};

class StatsStage final : public Stage {
public:
    explicit StatsStage(const Stats& command) : m_command(command) {}

    void row(Row row) override
    {
        Group& group = m_groups[keyOf(m_command.by, row)];
        if (group.accumulators.empty()) {
            for (const Aggregate& aggregate : m_command.aggregates)
                group.accumulators.push_back(aggregate.make());
            for (const Named& by : m_command.by)
                group.by.push_back(by.expression->value(row));
        }
        for (const auto& accumulator : group.accumulators)
            accumulator->add(row);
    }

    void end() override
    {
        if (m_groups.empty() && m_command.by.empty())
            makeEmptyGroup();
        std::vector<Group*> groups;
        for (auto& [key, group] : m_groups)
            groups.push_back(&group);
        std::sort(groups.begin(), groups.end(), [](const Group* a, const Group* b) {
            return std::lexicographical_compare(
                a->by.begin(), a->by.end(), b->by.begin(), b->by.end(),
                [](const Value& x, const Value& y) { return compare(x, y) < 0; });
        });
        for (const Group* group : groups)
            m_next->row(result(*group));
        m_next->end();
    }

private:
    struct Group {
        std::vector<Value> by;
        std::vector<std::unique_ptr<Accumulator>> accumulators;
    };

    // Nothing came: one row of zeros and nothings.
    void makeEmptyGroup()
    {
        Group& group = m_groups[std::string()];
        for (const Aggregate& aggregate : m_command.aggregates)
            group.accumulators.push_back(aggregate.make());
    }

    Row result(const Group& group) const
    {
        Row values;
        for (std::size_t i = 0; i < group.accumulators.size(); ++i)
            values.set(absl::StrCat("#", i), group.accumulators[i]->value());
        Row row;
        for (std::size_t i = 0; i < group.by.size(); ++i)
            row.set(m_command.by[i].name, group.by[i]);
        for (const Named& each : m_command.results)
            row.set(each.name, each.expression->value(values));
        return row;
    }

    const Stats& m_command;
    absl::flat_hash_map<std::string, Group> m_groups;
};

// Keeps the first rows by the keys.
class SortStage final : public Stage {
public:
    SortStage(const std::vector<Sort::Key>& keys, std::size_t keep, bool newestFirst)
        : m_keys(keys), m_keep(keep), m_newestFirst(newestFirst)
    {
    }

    void row(Row row) override
    {
        Entry entry{{}, m_sequence++, {}};
        for (const Sort::Key& key : m_keys)
            entry.keys.push_back(key.expression->value(row));
        if (full() && !before(entry, m_entries.front()))
            return;
        row.own();
        entry.row = std::move(row);
        if (full()) {
            std::pop_heap(m_entries.begin(), m_entries.end(), less());
            m_entries.pop_back();
        }
        m_entries.push_back(std::move(entry));
        std::push_heap(m_entries.begin(), m_entries.end(), less());
    }

    void end() override
    {
        std::sort_heap(m_entries.begin(), m_entries.end(), less());
        for (Entry& entry : m_entries)
            m_next->row(std::move(entry.row));
        m_next->end();
    }

    std::optional<std::int64_t> enoughBeforeMs() const override
    {
        if (!m_newestFirst || !full())
            return std::nullopt;
        const auto* time = std::get_if<Time>(&m_entries.front().keys.front());
        return time ? std::optional<std::int64_t>(time->ms) : std::nullopt;
    }

private:
    struct Entry {
        std::vector<Value> keys;
        std::int64_t sequence = 0;
        Row row;
    };

    bool full() const { return m_entries.size() >= m_keep; }
    // Rows without the key come last.
    bool before(const Entry& a, const Entry& b) const
    {
        for (std::size_t i = 0; i < m_keys.size(); ++i) {
            if (isNull(a.keys[i]) != isNull(b.keys[i]))
                return isNull(b.keys[i]);
            const auto order = compare(a.keys[i], b.keys[i]);
            if (order != 0 && order != std::partial_ordering::unordered)
                return m_keys[i].descending ? order > 0 : order < 0;
        }
        const std::int64_t idA = a.row.lineId();
        const std::int64_t idB = b.row.lineId();
        return m_newestFirst && idA != idB && idA > 0 ? idA > idB : a.sequence < b.sequence;
    }
    std::function<bool(const Entry&, const Entry&)> less() const
    {
        return [this](const Entry& a, const Entry& b) { return before(a, b); };
    }

    const std::vector<Sort::Key>& m_keys;
    const std::size_t m_keep;
    const bool m_newestFirst;
    std::vector<Entry> m_entries; // a heap, the last one at its top
    std::int64_t m_sequence = 0;
};

} // namespace

void Collect::row(Row row)
{
    if (m_rows.size() >= m_limit)
        return;
    row.own();
    m_rows.push_back(std::move(row));
}

std::unique_ptr<Stage> makeStage(const Command& command, std::size_t keep)
{
    struct Visitor {
        std::size_t keep;
        std::unique_ptr<Stage> operator()(const Filter& c) { return std::make_unique<FilterStage>(c); }
        std::unique_ptr<Stage> operator()(const Fields& c) { return std::make_unique<FieldsStage>(c); }
        std::unique_ptr<Stage> operator()(const Parse& c) { return std::make_unique<ParseStage>(c); }
        std::unique_ptr<Stage> operator()(const Stats& c) { return std::make_unique<StatsStage>(c); }
        std::unique_ptr<Stage> operator()(const Limit& c) { return std::make_unique<LimitStage>(c); }
        std::unique_ptr<Stage> operator()(const Dedup& c) { return std::make_unique<DedupStage>(c); }
        std::unique_ptr<Stage> operator()(const Sort& c)
        {
            return std::make_unique<SortStage>(c.keys, keep, false);
        }
    };
    return std::visit(Visitor{keep}, command);
}

std::unique_ptr<Stage> makeNewestFirst(std::size_t keep)
{
    static const std::vector<Sort::Key> kKeys = [] {
        std::vector<Sort::Key> keys;
        keys.push_back({fieldExpression("@timestamp"), true});
        return keys;
    }();
    return std::make_unique<SortStage>(kKeys, keep, true);
}

} // namespace gantry::observe::insights
