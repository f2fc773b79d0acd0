#pragma once

#include <QAction>
#include <QList>
#include <QPointer>
#include <QStringList>

#include <functional>

namespace gantry::models {
class FunctionsModel;
}

namespace gantry::ui {

class PageStack;

// Something the command palette offers: pages, functions, actions. Entries are addressed by index
// while the palette is open, so that ten thousand functions need no object each.
class CommandSource {
public:
    virtual ~CommandSource() = default;

    // Called when the palette opens; what size() and the others then say stays until the next time.
    virtual void prepare() = 0;
    virtual int size() const = 0;
    virtual QString text(int index) const = 0;
    virtual QString detail(int index) const = 0;    // at the right: a shortcut, a runtime
    virtual QString iconName(int index) const = 0;
    virtual void run(int index) = 0;
};

class PageSource final : public CommandSource {
public:
    explicit PageSource(PageStack& pages) : m_pages(pages) {}

    void prepare() override {}
    int size() const override;
    QString text(int index) const override;
    QString detail(int index) const override;
    QString iconName(int index) const override;
    void run(int index) override;

private:
    PageStack& m_pages;
};

// The actions of the shell and of the page that is open, as far as they are enabled.
class ActionSource final : public CommandSource {
public:
    using Collect = std::function<QList<QAction*>()>;
    explicit ActionSource(Collect collect) : m_collect(std::move(collect)) {}

    void prepare() override;
    int size() const override { return int(m_actions.size()); }
    QString text(int index) const override;
    QString detail(int index) const override;
    QString iconName(int) const override { return QStringLiteral("chevron-right"); }
    void run(int index) override;

private:
    Collect m_collect;
    QList<QPointer<QAction>> m_actions;
};

class FunctionSource final : public CommandSource {
public:
    FunctionSource(const models::FunctionsModel& functions, PageStack& pages)
        : m_functions(functions), m_pages(pages)
    {
    }

    void prepare() override;
    int size() const override { return int(m_names.size()); }
    QString text(int index) const override { return m_names[index]; }
    QString detail(int index) const override;
    QString iconName(int) const override { return QStringLiteral("functions"); }
    void run(int index) override;

private:
    const models::FunctionsModel& m_functions;
    PageStack& m_pages;
    QStringList m_names;
};

} // namespace gantry::ui
