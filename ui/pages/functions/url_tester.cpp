#include "ui/pages/functions/url_tester.h"

#include "ui/models/format.h"
#include "ui/rpc/urls_api.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QTabWidget>

namespace gantry::ui {

using models::UrlCall;
using widgets::Badge;
using widgets::Theme;

namespace {

QPlainTextEdit* makeText(const QString& objectName, const QString& name, bool readOnly)
{
    auto* text = new QPlainTextEdit;
    widgets::identify(text, objectName, name);
    text->setReadOnly(readOnly);
    text->setTabChangesFocus(true);
    text->setFont(Theme::current().font(Theme::Mono));
    return text;
}

// Keeps the place of someone who reads above the end.
void follow(QPlainTextEdit* view, const QString& text)
{
    QScrollBar* bar = view->verticalScrollBar();
    const int before = bar->value();
    const bool atEnd = before == bar->maximum();
    view->setPlainText(text);
    bar->setValue(atEnd ? bar->maximum() : before);
}

// "Name: value" lines.
QList<QPair<QString, QString>> headersOf(const QString& text)
{
    QList<QPair<QString, QString>> headers;
    for (const QString& line : text.split(QLatin1Char('\n'))) {
        const qsizetype colon = line.indexOf(QLatin1Char(':'));
        if (colon > 0)
            headers.append({line.left(colon).trimmed(), line.mid(colon + 1).trimmed()});
    }
    return headers;
}

} // namespace

UrlTester::UrlTester(rpc::UrlsApi& api, QWidget* parent)
    : QWidget(parent), m_call(new UrlCall(api, this)), m_method(new QComboBox),
      m_path(new QLineEdit),
      m_headers(makeText(QStringLiteral("urlRequestHeaders"), tr("Request headers"), false)),
      m_body(makeText(QStringLiteral("urlRequestBody"), tr("Request body"), false)),
      m_send(widgets::makeButton(QStringLiteral("urlSend"), tr("Send"),
                                 widgets::ButtonKind::Primary, QStringLiteral("play")))
{
    auto* columns = new QSplitter(Qt::Horizontal);
    columns->setChildrenCollapsible(false);
    columns->addWidget(makeRequest());
    columns->addWidget(makeResponse());
    columns->setSizes({420, 680});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(widgets::makeHeading(tr("Try it")));
    layout->addWidget(columns, 1);
    connect(m_call, &UrlCall::changed, this, &UrlTester::show);
    show();
}

QWidget* UrlTester::makeRequest()
{
    widgets::identify(m_method, QStringLiteral("urlMethod"), tr("HTTP method"));
    m_method->addItems({QStringLiteral("GET"), QStringLiteral("POST"), QStringLiteral("PUT"),
                        QStringLiteral("PATCH"), QStringLiteral("DELETE"), QStringLiteral("HEAD"),
                        QStringLiteral("OPTIONS")});
    widgets::identify(m_path, QStringLiteral("urlPath"), tr("Path and query"));
    m_path->setText(QStringLiteral("/"));
    m_path->setFont(Theme::current().font(Theme::Mono));
    connect(m_path, &QLineEdit::returnPressed, this, &UrlTester::send);
    m_send->setToolTip(tr("Send the request (Enter in the path)"));
    connect(m_send, &QPushButton::clicked, this, &UrlTester::send);
    m_headers->setPlaceholderText(tr("Headers, e.g. Content-Type: application/json"));
    m_headers->setFixedHeight(64);
    m_body->setPlaceholderText(tr("Body"));
    auto* request = new QWidget;
    auto* line = new QHBoxLayout;
    line->setSpacing(Theme::kSpace);
    line->addWidget(m_method);
    line->addWidget(m_path, 1);
    line->addWidget(m_send);
    auto* column = new QVBoxLayout(request);
    column->setContentsMargins(0, 0, Theme::kMargin, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(line);
    column->addWidget(m_headers);
    column->addWidget(m_body, 1);
    return request;
}

QWidget* UrlTester::makeResponse()
{
    m_status = new Badge;
    m_status->setObjectName(QStringLiteral("urlStatus"));
    m_detail = widgets::makeCaption({});
    m_detail->setObjectName(QStringLiteral("urlDetail"));
    m_facts = new widgets::FactGrid;
    m_answer = makeText(QStringLiteral("urlAnswer"), tr("Response body"), true);
    m_answerHeaders = makeText(QStringLiteral("urlAnswerHeaders"), tr("Response headers"), true);
    m_chunks = makeText(QStringLiteral("urlChunks"), tr("Chunks of the response"), true);
    auto* tabs = new QTabWidget;
    widgets::identify(tabs, QStringLiteral("urlAnswerTabs"), tr("Parts of the response"));
    tabs->setToolTip({});
    tabs->addTab(m_answer, tr("Body"));
    tabs->addTab(m_chunks, tr("Chunks"));
    tabs->addTab(m_answerHeaders, tr("Headers"));
    m_response = new QWidget;
    auto* head = new QHBoxLayout;
    head->setSpacing(Theme::kSpace);
    head->addWidget(m_status, 0, Qt::AlignTop);
    head->addWidget(m_detail, 1);
    auto* column = new QVBoxLayout(m_response);
    column->setContentsMargins(Theme::kMargin, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(head);
    column->addWidget(m_facts);
    column->addWidget(tabs, 1);
    return m_response;
}

void UrlTester::setUrl(const QString& function, const QString& qualifier)
{
    if (function == m_function && qualifier == m_qualifier)
        return;
    m_function = function;
    m_qualifier = qualifier;
    m_call->clear();
}

void UrlTester::send()
{
    if (m_call->state() == UrlCall::State::Running)
        return m_call->stop();
    QString path = m_path->text().trimmed();
    if (!path.startsWith(QLatin1Char('/')))
        path.prepend(QLatin1Char('/'));
    if (path.contains(QLatin1Char(' ')))
        return Q_EMIT problem(tr("A path has no spaces: write %20 for one."));
    m_call->start({m_function, m_qualifier, m_method->currentText(), path,
                   headersOf(m_headers->toPlainText()), m_body->toPlainText().toUtf8()});
}

void UrlTester::showStatus()
{
    const bool failed = m_call->status() >= 400;
    const QString code = QString::number(m_call->status());
    switch (m_call->state()) {
    case UrlCall::State::Idle:
        m_status->hide();
        m_detail->setText(tr("Send a request to see the answer as it comes."));
        return;
    case UrlCall::State::Running:
        m_status->set(m_call->status() ? code : tr("Waiting"), Badge::Tone::Info);
        m_detail->setText(m_call->status() ? tr("The response is coming…") : QString());
        break;
    case UrlCall::State::Ended:
        m_status->set(code, failed ? Badge::Tone::Error : Badge::Tone::Success);
        m_detail->setText({});
        break;
    case UrlCall::State::Broken:
        m_status->set(code, Badge::Tone::Error);
        m_detail->setText(tr("The response broke off: the function failed in its middle."));
        break;
    case UrlCall::State::Stopped:
        m_status->set(tr("Stopped"), Badge::Tone::Warning);
        m_detail->setText(tr("You stopped reading; the function runs to its end."));
        break;
    case UrlCall::State::Failed:
        m_status->set(tr("Not sent"), Badge::Tone::Error);
        m_detail->setText(m_call->error() ? m_call->error()->message : QString());
        break;
    }
    m_status->setAccessibleName(tr("Answer: %1").arg(m_status->text()));
    m_status->show();
}

QString UrlTester::chunkText() const
{
    const models::ChunkLog& log = m_call->chunks();
    QStringList lines;
    for (const models::ChunkLog::Chunk& chunk : log.chunks())
        lines << tr("%1   %2").arg(models::formatMs(chunk.atMs), 12).arg(
            models::formatBytes(chunk.bytes));
    if (log.count() > lines.size())
        lines << tr("… and %1 more").arg(log.count() - lines.size());
    return lines.join(QLatin1Char('\n'));
}

void UrlTester::show()
{
    const bool running = m_call->state() == UrlCall::State::Running;
    m_send->setText(running ? tr("Stop") : tr("Send"));
    showStatus();
    const models::ChunkLog& log = m_call->chunks();
    m_facts->setVisible(m_call->status() != 0);
    m_facts->set(tr("First byte"),
                 log.count() > 0 ? models::formatMs(log.firstByteMs()) : tr("none"));
    m_facts->set(tr("Total"), running ? tr("…") : models::formatMs(m_call->totalMs()));
    m_facts->set(tr("Size"), log.sizeText());
    QString body = QString::fromUtf8(log.body());
    if (log.isCut())
        body += tr("\n… the rest is not shown");
    follow(m_answer, body);
    follow(m_chunks, chunkText());
    QStringList headers;
    for (const auto& [name, value] : m_call->headers())
        headers << name + QStringLiteral(": ") + value;
    m_answerHeaders->setPlainText(headers.join(QLatin1Char('\n')));
}

} // namespace gantry::ui
