#include "ui/pages/runtimes/runtimes_page.h"

#include "ui/models/functions_model.h"
#include "ui/pages/runtimes/runtime_table.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/platform_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/copy_line.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QFrame>
#include <QLabel>
#include <QScrollArea>
#include <QSet>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kContentWidth = 1120;
constexpr int kMostNames = 8;

} // namespace

// How a language gets onto this host.
struct RuntimesPage::Way {
    const char* family;
    const char* name;
    const char* command;
    const char* other; // for another version
};

const RuntimesPage::Way RuntimesPage::kWays[] = {
    {"python", "Python", "sudo apt install python3",
     QT_TRANSLATE_NOOP("RuntimesPage", "For the exact version, build it with make altinstall, which "
                                       "puts it into /usr/local/bin as python3.13, for example.")},
    {"nodejs", "Node.js", "sudo apt install nodejs",
     QT_TRANSLATE_NOOP("RuntimesPage", "For the exact version, install the program of nodejs.org as "
                                       "/usr/local/bin/node22, for example.")},
    {"ruby", "Ruby", "sudo apt install ruby",
     QT_TRANSLATE_NOOP("RuntimesPage", "For the exact version, build it and install the program as "
                                       "/usr/local/bin/ruby3.3, for example.")},
    {"java", "Java", "sudo apt install default-jdk-headless libjackson2-databind-java",
     QT_TRANSLATE_NOOP("RuntimesPage", "Any JDK in /usr/lib/jvm is found. The client for Java is "
                                       "compiled when Gantry is built.")},
};

Page* makeRuntimesPage(const Services& services, QWidget* parent)
{
    return new RuntimesPage(services, parent);
}

RuntimesPage::RuntimesPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services)
{
    setObjectName(QStringLiteral("runtimesPage"));
    auto* header = new widgets::SectionHeader(tr("Runtimes"), widgets::SectionHeader::Level::Page);
    header->setSubtitle(tr("Which interpreter of this host runs the functions of each runtime"));
    m_state = widgets::makeCaption({});
    m_state->setObjectName(QStringLiteral("runtimesState"));
    m_users = new QLabel;
    m_users->setObjectName(QStringLiteral("deprecatedUsers"));
    m_users->setWordWrap(true);
    m_users->setProperty("tone", QStringLiteral("warning"));
    m_users->hide();
    m_current = new RuntimeTable(QStringLiteral("runtimeTable"), tr("Runtimes for new functions"));
    m_deprecated = new RuntimeTable(QStringLiteral("deprecatedTable"),
                                    tr("Deprecated: functions that use one still run, new ones "
                                       "are refused, as on AWS"));

    m_content = new QWidget;
    auto* tables = new QVBoxLayout(m_content);
    tables->setContentsMargins(0, 0, 0, 0);
    tables->setSpacing(Theme::kMargin);
    tables->addWidget(m_users);
    tables->addWidget(m_current);
    tables->addWidget(makeMissing());
    tables->addWidget(m_deprecated);
    m_content->hide();

    auto* inside = new QWidget;
    inside->setMaximumWidth(kContentWidth);
    auto* column = new QVBoxLayout(inside);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(header);
    column->addWidget(m_state);
    column->addWidget(m_content);
    column->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    scroll->setWidget(inside);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);

    connect(m_services.channel, &rpc::Channel::stateChanged, this, [this] {
        if (isVisible())
            load();
    });
    if (m_services.functions) {
        connect(m_services.functions, &models::FunctionsModel::functionChanged, this,
                &RuntimesPage::showUsers);
        connect(m_services.functions, &models::FunctionsModel::functionRemoved, this,
                &RuntimesPage::showUsers);
        connect(m_services.functions, &models::FunctionsModel::loadedChanged, this,
                &RuntimesPage::showUsers);
    }
}

QWidget* RuntimesPage::makeMissing()
{
    QFrame* card = widgets::makeCard();
    card->setObjectName(QStringLiteral("missingRuntimes"));
    auto* column = widgets::cardLayout(card);
    column->addWidget(widgets::makeHeading(tr("How to get the others"), card));
    column->addWidget(widgets::makeCaption(
        tr("Interpreters in /usr/bin, /usr/local/bin and /usr/lib/jvm are found when the platform "
           "starts: restart it after an installation."),
        card));
    m_ways = new QVBoxLayout;
    m_ways->setSpacing(Theme::kSpace);
    column->addLayout(m_ways);
    m_missing = card;
    return card;
}

void RuntimesPage::activated()
{
    load();
}

void RuntimesPage::load()
{
    const bool connected = m_services.channel->isConnected();
    m_state->setText(connected
                         ? tr("Asking the platform…")
                         : tr("Not connected to the platform, which knows what this host has."));
    m_state->setVisible(!connected || m_all.isEmpty());
    if (!connected)
        return;
    m_services.platformApi->listRuntimes(
        this, [this](const rpc::Result<QList<rpc::RuntimeInfo>>& result) {
            if (result)
                showRuntimes(*result);
            else if (!result.error().unavailable)
                Q_EMIT messageRequested(result.error().message, true);
        });
}

void RuntimesPage::showRuntimes(const QList<rpc::RuntimeInfo>& runtimes)
{
    m_all = runtimes;
    QList<rpc::RuntimeInfo> current, deprecated;
    for (const rpc::RuntimeInfo& runtime : runtimes)
        (runtime.deprecated ? deprecated : current).append(runtime);
    m_current->setRuntimes(current);
    m_deprecated->setRuntimes(deprecated);
    m_deprecated->setVisible(!deprecated.isEmpty());
    showMissing(current);
    showUsers();
    m_state->hide();
    m_content->show();
}

// One way a language that has gaps.
void RuntimesPage::showMissing(const QList<rpc::RuntimeInfo>& runtimes)
{
    while (QLayoutItem* item = m_ways->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const Way& way : kWays) {
        QStringList gaps;
        bool installed = false;
        for (const rpc::RuntimeInfo& runtime : runtimes) {
            if (runtime.family != QLatin1String(way.family))
                continue;
            installed = installed || runtime.available;
            if (!runtime.exact)
                gaps << runtime.id;
        }
        if (!gaps.isEmpty())
            addWay(way, installed, gaps);
    }
    m_missing->setVisible(m_ways->count() > 0);
}

void RuntimesPage::addWay(const Way& way, bool installed, const QStringList& gaps)
{
    const QString name = QLatin1String(way.name);
    auto* words = new QLabel(
        installed ? tr("%1: another version runs %2").arg(name, gaps.join(QStringLiteral(", ")))
                  : tr("%1 is not available").arg(name),
        m_missing);
    words->setWordWrap(true);
    m_ways->addWidget(words);
    if (!installed) {
        auto* command =
            new widgets::CopyLine(QStringLiteral("install-%1").arg(QLatin1String(way.family)),
                                  tr("Copy the command that installs %1").arg(name), m_missing);
        command->setText(QLatin1String(way.command));
        m_ways->addWidget(command);
    }
    m_ways->addWidget(widgets::makeCaption(tr(way.other), m_missing));
}

void RuntimesPage::showUsers()
{
    QSet<QString> deprecated;
    for (const rpc::RuntimeInfo& runtime : std::as_const(m_all))
        if (runtime.deprecated)
            deprecated.insert(runtime.id);
    QStringList users;
    for (int row = 0; m_services.functions && row < m_services.functions->rowCount(); ++row) {
        const rpc::FunctionOverview& function = m_services.functions->row(row).overview;
        if (deprecated.contains(function.runtime))
            users << tr("%1 (%2)").arg(function.name, function.runtime);
    }
    QString names = users.mid(0, kMostNames).join(QStringLiteral(", "));
    if (users.size() > kMostNames)
        names = tr("%1 and %2 more").arg(names).arg(users.size() - kMostNames);
    m_users->setText(tr("On a deprecated runtime, to be moved to a newer one: %1").arg(names));
    m_users->setVisible(!users.isEmpty());
}

} // namespace gantry::ui
