#include "ui/pages/queue/message_queues_panel.h"

#include "ui/models/format.h"
#include "ui/models/json_text.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kBeatMs = 2'000;
constexpr int kShownCharacters = 120; // of a body in the list

QString timeText(qint64 unixMs)
{
    return unixMs == 0 ? QStringLiteral("–")
                       : QLocale().toString(QDateTime::fromMSecsSinceEpoch(unixMs),
                                            QStringLiteral("d MMM HH:mm:ss"));
}

} // namespace

MessageQueuesPanel::MessageQueuesPanel(rpc::Channel& channel, QWidget* parent)
    : QWidget(parent), m_api(channel),
      m_queueTable(new TextTable(
          QStringLiteral("messageQueueTable"), tr("Message queues"),
          {tr("Queue"), tr("Waiting"), tr("In flight"), tr("Delayed"), tr("Oldest"), tr("Fed by")},
          {200, 80, 80, 80, 130, 160})),
      m_messageTable(new TextTable(QStringLiteral("messageTable"), tr("Messages of the queue"),
                                   {tr("Sent"), tr("Received"), tr("Error"), tr("Message")},
                                   {130, 100, 200, 320})),
      m_body(new widgets::JsonView(QStringLiteral("messageBody"), tr("Body of the message"),
                                   widgets::JsonView::Mode::Read)),
      m_attributes(widgets::makeCaption({}))
{
    setObjectName(QStringLiteral("messageQueuesPanel"));
    m_queueTable->setPlaceholder(tr("No queue yet. A queue gets what functions fail at, or their "
                                    "results."));
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(QStringLiteral("messageQueuesSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_queueTable);
    splitter->addWidget(makeMessages());
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::kMargin, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(makeActions());
    column->addWidget(splitter, 1);
    m_beat.setInterval(kBeatMs);
    connect(&m_beat, &QTimer::timeout, this, &MessageQueuesPanel::refresh);
    connect(m_queueTable, &TextTable::currentIdChanged, this, &MessageQueuesPanel::openQueue);
    connect(m_messageTable, &TextTable::currentIdChanged, this, &MessageQueuesPanel::openMessage);
    openQueue();
}

QWidget* MessageQueuesPanel::makeActions()
{
    m_new = widgets::makeButton(QStringLiteral("newQueue"), tr("New queue"), ButtonKind::Primary,
                                QStringLiteral("plus"));
    m_new->setToolTip(tr("Make a queue; choose it for a function under Events and layers"));
    m_purge = widgets::makeButton(QStringLiteral("purgeQueue"), tr("Empty the queue"));
    m_purge->setToolTip(tr("Remove every message of the selected queue for good"));
    m_remove = widgets::makeButton(QStringLiteral("removeQueue"), tr("Delete the queue"),
                                   ButtonKind::Danger, QStringLiteral("trash"));
    m_remove->setToolTip(tr("Delete the selected queue with its messages"));
    connect(m_new, &QPushButton::clicked, this, &MessageQueuesPanel::askForName);
    connect(m_purge, &QPushButton::clicked, this, [this] {
        const QString name = m_queueTable->currentId();
        askTo(tr("Empty the queue"), tr("Remove every message of %1 for good?").arg(name), [this, name] {
            m_api.purge(name, this, reported(tr("%1 is empty").arg(name)));
        });
    });
    connect(m_remove, &QPushButton::clicked, this, [this] {
        const QString name = m_queueTable->currentId();
        askTo(tr("Delete the queue"),
              tr("Delete %1 with its messages? Functions that send there will fail to.").arg(name),
              [this, name] { m_api.remove(name, this, reported(tr("%1 is deleted").arg(name))); });
    });
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(widgets::makeCaption(tr("Standard queues of SQS at this platform's AWS endpoint, "
                                           "for dead letters, destinations and your own clients.")),
                   1);
    row->addWidget(m_purge);
    row->addWidget(m_remove);
    row->addWidget(m_new);
    return bar;
}

QWidget* MessageQueuesPanel::makeMessages()
{
    m_attributes->setObjectName(QStringLiteral("messageAttributes"));
    m_attributes->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* side = new QWidget;
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_messageTable, 1);
    column->addWidget(m_attributes);
    column->addWidget(m_body, 1);
    return side;
}

void MessageQueuesPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refresh();
    m_beat.start();
}

void MessageQueuesPanel::hideEvent(QHideEvent* event)
{
    m_beat.stop();
    QWidget::hideEvent(event);
}

void MessageQueuesPanel::refresh()
{
    m_api.list(this, [this](const rpc::Result<QList<rpc::MessageQueue>>& queues) {
        if (queues)
            showQueues(*queues);
        else if (!queues.error().unavailable)
            Q_EMIT messageRequested(queues.error().message, true);
    });
}

void MessageQueuesPanel::showQueues(const QList<rpc::MessageQueue>& queues)
{
    QList<models::TextTableModel::Row> rows;
    for (const rpc::MessageQueue& queue : queues)
        rows.append({queue.name,
                     {queue.name, models::formatCount(queue.visible),
                      models::formatCount(queue.inFlight), models::formatCount(queue.delayed),
                      timeText(queue.oldestSentMs), queue.fedBy.join(QStringLiteral(", "))},
                     queue.arn});
    m_queueTable->setRows(rows);
    openQueue();
}

// Also whenever the queues were read anew: what is in the selected one may have changed.
void MessageQueuesPanel::openQueue()
{
    const QString name = m_queueTable->currentId();
    m_purge->setEnabled(!name.isEmpty());
    m_remove->setEnabled(!name.isEmpty());
    if (name.isEmpty()) {
        m_messageTable->setPlaceholder(tr("Select a queue to see its messages."));
        return showMessages({});
    }
    m_messageTable->setPlaceholder(tr("%1 is empty.").arg(name));
    m_api.peek(name, this, [this, name](const rpc::Result<QList<rpc::PeekedMessage>>& messages) {
        if (messages && name == m_queueTable->currentId())
            showMessages(*messages);
    });
}

void MessageQueuesPanel::showMessages(const QList<rpc::PeekedMessage>& messages)
{
    m_messages = messages;
    QList<models::TextTableModel::Row> rows;
    for (const rpc::PeekedMessage& message : messages)
        rows.append({message.messageId,
                     {timeText(message.sentMs), models::formatCount(message.receives),
                      message.attributes.value(QStringLiteral("ErrorMessage")),
                      message.body.left(kShownCharacters).simplified()},
                     {}});
    m_messageTable->setRows(rows);
    openMessage();
}

void MessageQueuesPanel::openMessage()
{
    const QString id = m_messageTable->currentId();
    QStringList facts;
    QString body;
    for (const rpc::PeekedMessage& message : std::as_const(m_messages)) {
        if (message.messageId != id)
            continue;
        body = models::formatJson(message.body);
        for (auto it = message.attributes.begin(); it != message.attributes.end(); ++it)
            facts.append(QStringLiteral("%1: %2").arg(it.key(), it.value()));
        if (!message.deadLetterSource.isEmpty())
            facts.append(tr("given up by %1").arg(message.deadLetterSource.section(u':', -1)));
    }
    m_attributes->setText(facts.join(QStringLiteral("  ·  ")));
    m_attributes->setVisible(!facts.isEmpty());
    if (m_body->text() != body)
        m_body->setText(body);
}

void MessageQueuesPanel::askForName()
{
    auto* ask = new QInputDialog(this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setObjectName(QStringLiteral("newQueueDialog"));
    ask->setWindowTitle(tr("New queue"));
    ask->setLabelText(tr("Name: 1 to 80 letters, digits, hyphens and underscores"));
    ask->setOkButtonText(tr("Make the queue"));
    connect(ask, &QInputDialog::textValueSelected, this, [this](const QString& name) {
        m_api.create(name, this, reported(tr("%1 is there").arg(name)));
    });
    ask->open();
}

void MessageQueuesPanel::askTo(const QString& title, const QString& question,
                               const std::function<void()>& act)
{
    auto* box = new QMessageBox(QMessageBox::Question, title, question, QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto* confirm = box->addButton(title, QMessageBox::DestructiveRole);
    connect(confirm, &QAbstractButton::clicked, this, act);
    box->open();
}

std::function<void(const rpc::Result<rpc::Nothing>&)> MessageQueuesPanel::reported(const QString& done)
{
    return [this, done](const rpc::Result<rpc::Nothing>& result) {
        Q_EMIT messageRequested(result ? done : result.error().message, !result);
        refresh();
    };
}

} // namespace gantry::ui
