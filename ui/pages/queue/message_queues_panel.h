#pragma once

#include "ui/pages/page.h"
#include "ui/rpc/message_queues_api.h"

#include <QTimer>

class QLabel;
class QPushButton;

namespace gantry::widgets {
class JsonView;
}

namespace gantry::ui {

class TextTable;

// The message queues: how full each is, which functions feed it, and what lies in it, read without
// receiving it. Follows the platform while it is visible.
class MessageQueuesPanel final : public QWidget {
    Q_OBJECT
public:
    explicit MessageQueuesPanel(rpc::Channel& channel, QWidget* parent = nullptr);

    void refresh();

Q_SIGNALS:
    void messageRequested(const QString& text, bool problem);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QWidget* makeActions();
    QWidget* makeMessages();
    void showQueues(const QList<rpc::MessageQueue>& queues);
    void openQueue();
    void showMessages(const QList<rpc::PeekedMessage>& messages);
    void openMessage();
    void askForName();
    void askTo(const QString& title, const QString& question, const std::function<void()>& act);
    std::function<void(const rpc::Result<rpc::Nothing>&)> reported(const QString& done);

    rpc::MessageQueuesApi m_api;
    QList<rpc::PeekedMessage> m_messages;
    QTimer m_beat;
    TextTable* m_queueTable;
    TextTable* m_messageTable;
    widgets::JsonView* m_body;
    QLabel* m_attributes;
    QPushButton* m_new = nullptr;
    QPushButton* m_purge = nullptr;
    QPushButton* m_remove = nullptr;
};

} // namespace gantry::ui
