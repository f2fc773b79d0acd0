#include "ui/pages/functions/url_tab.h"

#include "ui/models/function_session.h"
#include "ui/pages/functions/stream_pace_row.h"
#include "ui/pages/functions/url_settings.h"
#include "ui/pages/functions/url_tester.h"
#include "ui/rpc/urls_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/copy_line.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QUrl>

#include <algorithm>

namespace gantry::ui {

using models::FunctionSession;
using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

// The same address for programs that cannot resolve names below localhost.
QString byPath(const QString& address, const QString& endpoint)
{
    const QString id = QUrl(address).host().section(QLatin1Char('.'), 0, 0);
    return endpoint + QStringLiteral("/lambda-url/") + id + QLatin1Char('/');
}

} // namespace

UrlTab::UrlTab(const Services& services, FunctionSession& session)
    : FunctionTab(services, session), m_api(std::make_unique<rpc::UrlsApi>(*services.channel)),
      m_bar(new widgets::MessageBar), m_place(new QComboBox),
      m_save(widgets::makeButton(QStringLiteral("urlSave"), tr("Create URL"), ButtonKind::Primary)),
      m_remove(widgets::makeButton(QStringLiteral("urlRemove"), tr("Delete URL"), ButtonKind::Flat,
                                   QStringLiteral("trash"))),
      m_none(widgets::makeCaption(tr("No URL yet. It gives the function an address of its own that "
                                     "any HTTP client can call."))),
      m_settings(new UrlSettings), m_pace(new StreamPaceRow(*services.channel)),
      m_tester(new UrlTester(*m_api))
{
    m_bar->hide();
    m_bar->setObjectName(QStringLiteral("urlMessage"));
    m_none->setObjectName(QStringLiteral("urlNone"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::kMargin, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(m_bar);
    layout->addWidget(makeHead());
    layout->addWidget(m_none);
    layout->addWidget(makeAddress());
    layout->addWidget(m_settings);
    layout->addWidget(m_pace);
    layout->addWidget(m_tester, 1);
    layout->addStretch(0);
    connect(m_settings, &UrlSettings::changed, this,
            [this] { m_save->setEnabled(!current() || m_settings->isDirty()); });
    connect(m_tester, &UrlTester::problem, this,
            [this](const QString& text) { Q_EMIT messageRequested(text, true); });
    connect(&session, &FunctionSession::opened, this, &UrlTab::openFunction);
    connect(&session, &FunctionSession::versionsChanged, this, &UrlTab::fillPlaces);
    openFunction();
}

UrlTab::~UrlTab() = default;

QWidget* UrlTab::makeHead()
{
    widgets::identify(m_place, QStringLiteral("urlPlace"), tr("What the URL calls"));
    m_place->setMinimumWidth(160);
    connect(m_place, &QComboBox::activated, this, &UrlTab::showUrl);
    connect(m_save, &QPushButton::clicked, this, &UrlTab::save);
    connect(m_remove, &QPushButton::clicked, this, &UrlTab::remove);
    auto* head = new QWidget;
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(widgets::makeHeading(tr("Function URL of")));
    row->addWidget(m_place);
    row->addStretch(1);
    row->addWidget(m_remove);
    row->addWidget(m_save);
    return head;
}

QWidget* UrlTab::makeAddress()
{
    m_byHost = new widgets::CopyLine(QStringLiteral("urlByHost"), tr("Copy the function URL"));
    m_byPath = new widgets::CopyLine(QStringLiteral("urlByPath"), tr("Copy the URL by path"));
    m_address = new QWidget;
    auto* column = new QVBoxLayout(m_address);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_byHost);
    column->addWidget(
        widgets::makeCaption(tr("For programs that cannot resolve names below localhost:")));
    column->addWidget(m_byPath);
    return m_address;
}

void UrlTab::activated()
{
    reload();
}

void UrlTab::openFunction()
{
    m_calls = std::make_unique<QObject>();
    m_urls.clear();
    m_bar->hide();
    m_place->setCurrentIndex(0);
    fillPlaces();
    if (isVisible())
        reload();
}

// A URL leads to $LATEST or to an alias.
void UrlTab::fillPlaces()
{
    const QString before = m_place->currentData().toString();
    m_place->clear();
    m_place->addItem(QStringLiteral("$LATEST"), QString());
    for (const rpc::Alias& alias : m_session.aliases())
        m_place->addItem(tr("Alias %1").arg(alias.name), alias.name);
    m_place->setCurrentIndex(std::max(0, m_place->findData(before)));
    showUrl();
}

void UrlTab::reload()
{
    if (m_session.name().isEmpty())
        return;
    m_pace->open(m_session.name());
    m_api->list(m_session.name(), m_calls.get(),
                [this](rpc::Result<std::vector<rpc::FunctionUrl>> result) {
                    if (!result)
                        return m_bar->showMessage(result.error().message, Badge::Tone::Error);
                    m_urls = *result;
                    showUrl();
                });
}

const rpc::FunctionUrl* UrlTab::current() const
{
    const QString qualifier = m_place->currentData().toString();
    const auto found = std::find_if(m_urls.begin(), m_urls.end(), [&](const rpc::FunctionUrl& url) {
        return url.qualifier == qualifier;
    });
    return found == m_urls.end() ? nullptr : &*found;
}

void UrlTab::showUrl()
{
    const rpc::FunctionUrl* url = current();
    rpc::FunctionUrl fresh;
    fresh.qualifier = m_place->currentData().toString();
    m_settings->set(url ? *url : fresh);
    m_none->setVisible(!url);
    m_address->setVisible(url != nullptr);
    m_tester->setVisible(url != nullptr);
    m_remove->setVisible(url != nullptr);
    m_save->setText(url ? tr("Save") : tr("Create URL"));
    m_save->setEnabled(!url);
    if (!url)
        return;
    m_byHost->setText(url->url);
    m_byPath->setText(byPath(url->url, m_session.awsEndpoint()));
    m_tester->setUrl(m_session.name(), url->qualifier);
}

void UrlTab::save()
{
    const bool isNew = !current();
    m_save->setEnabled(false);
    const std::function<void(rpc::Result<rpc::FunctionUrl>)> done =
        [this, isNew](rpc::Result<rpc::FunctionUrl> result) {
            m_save->setEnabled(true);
            if (!result)
                return m_bar->showMessage(result.error().message, Badge::Tone::Error);
            m_bar->hide();
            Q_EMIT messageRequested(isNew ? tr("The URL is created") : tr("The URL is saved"), false);
            reload();
        };
    if (isNew)
        m_api->create(m_session.name(), m_settings->edited(), m_calls.get(), done);
    else
        m_api->update(m_session.name(), m_settings->edited(), m_calls.get(), done);
}

void UrlTab::remove()
{
    const QString qualifier = m_place->currentData().toString();
    m_bar->showMessage(tr("Delete this URL? It never comes back: a new one has another address."),
                       Badge::Tone::Warning, tr("Delete it"), [this, qualifier] {
                           m_api->remove(m_session.name(), qualifier, m_calls.get(),
                                         [this](rpc::Result<rpc::Nothing> result) {
                                             if (!result)
                                                 m_bar->showMessage(result.error().message,
                                                                    Badge::Tone::Error);
                                             reload();
                                         });
                       });
}

} // namespace gantry::ui
