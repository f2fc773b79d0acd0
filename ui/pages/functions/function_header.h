#pragma once

#include "ui/pages/page.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QTimer;

namespace gantry::models {
class FunctionSession;
}
namespace gantry::widgets {
class Badge;
class MessageBar;
} // namespace gantry::widgets

namespace gantry::ui {

// The head of a function's detail page: what it is, how it does at this moment, and what one does
// with it most.
class FunctionHeader final : public QWidget {
    Q_OBJECT
public:
    FunctionHeader(const Services& services, models::FunctionSession& session,
                   QWidget* parent = nullptr);

    // Live numbers move only while on.
    void setLive(bool on);
    void askPublish();
    void askDelete();

Q_SIGNALS:
    void backRequested();
    void testRequested();
    void messageRequested(const QString& text, bool isError);

private:
    QWidget* makeTitleRow();
    QWidget* makeFactsRow();
    QWidget* makePublishRow();
    void showFunction();
    void showState();
    void showNumbers();
    void publish();
    void removeFunction();
    void copyArn();

    Services m_services;
    models::FunctionSession& m_session;
    QTimer* m_numbersTimer;
    QLabel* m_name = nullptr;
    widgets::Badge* m_state = nullptr;
    QLabel* m_facts = nullptr;
    QLabel* m_numbers = nullptr;
    QWidget* m_publishRow = nullptr;
    QLineEdit* m_description = nullptr;
    QPushButton* m_publish = nullptr;
    widgets::MessageBar* m_bar = nullptr;
};

} // namespace gantry::ui
