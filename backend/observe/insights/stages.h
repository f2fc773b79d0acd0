#pragma once

#include "backend/observe/insights/parser.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry::observe::insights {

// A command at work: takes rows, gives rows to the next.
class Stage {
public:
    virtual ~Stage() = default;
    virtual void row(Row row) = 0;
    virtual void end() { m_next->end(); }
    // Rows at or before this time (ms) would change nothing any more.
    virtual std::optional<std::int64_t> enoughBeforeMs() const { return std::nullopt; }
    void to(Stage* next) { m_next = next; }

protected:
    Stage* m_next = nullptr;
};

// The last stage: keeps the rows.
class Collect final : public Stage {
public:
    explicit Collect(std::size_t limit) : m_limit(limit) {}
    void row(Row row) override;
    void end() override {}
    std::vector<Row>& rows() { return m_rows; }

private:
    std::size_t m_limit;
    std::vector<Row> m_rows;
};

// The stage of a command; `keep` is how many rows are wanted after a sort.
std::unique_ptr<Stage> makeStage(const Command& command, std::size_t keep);
// The newest first.
std::unique_ptr<Stage> makeNewestFirst(std::size_t keep);

} // namespace gantry::observe::insights
