"""
The life of an instance through openstacksdk with the extensions of Open Telekom Cloud, both unmodified. Environment: the OS_* variables of
any OpenStack client. Prints one line of JSON per step. Ends with 1 at the first answer that is not the expected one.
"""

import os
import time
import uuid

import openstack
from otcextensions import sdk as otc
from steps import expect, report, run_steps


CONN = openstack.connect(load_yaml_config=False, load_envvars=True)
otc.register_otc_extensions(CONN)
DDS = CONN.dds


def completed(job_id):
    return DDS.wait_job(job_id, interval=0.1, wait=180).name


def check_created():
    instance = DDS.create_instance(
        name="otc-single",
        datastore={"type": "DDS-Community", "version": "6.0", "storage_engine": "wiredTiger"},
        region="eu-de",
        availability_zone="eu-de-01",
        vpc_id=str(uuid.UUID(int=1)),
        subnet_id=str(uuid.UUID(int=2)),
        security_group_id=str(uuid.UUID(int=3)),
        password="Pass-Word_1",
        mode="Single",
        flavor=[{"type": "single", "num": 1, "storage": "ULTRAHIGH", "size": 10, "spec_code": "dds.mongodb.s2.medium.4.single"}],
        backup_strategy={"start_time": "03:00-04:00", "keep_days": "0"},
        ssl_option="0",
        # Others may be started beside this one: none is to get its port while it is being restarted.
        port=str(2100 + os.getpid() % 6000),
    )
    expect(instance.status == "creating", f"it is {instance.status}")
    report("create_instance", job=completed(instance.job_id))
    found = DDS.find_instance("otc-single")
    expect(found.id == instance.id and found.status == "normal" and found.actions == [], f"{found.status} {found.actions}")
    return instance.id


def check_changes(instance_id):
    report("restart_instance", job=completed(DDS.restart_instance(instance_id).job_id))
    DDS.change_instance_name(instance_id, "otc-renamed")
    report("enlarge_instance", job=completed(DDS.enlarge_instance(instance_id, size=20).job_id))
    completed(DDS.change_instance_security_group(instance_id, str(uuid.UUID(int=4))).job_id)
    tags = {"action": "create", "tags": [{"key": "owner", "value": "me"}]}
    expect(DDS.post(f"/instances/{instance_id}/tags/action", json=tags).status_code == 200, "no tags")
    body = {"entity_id": instance_id, "parameter_values": {"logLevel": "1"}}
    changed = DDS.put(f"/instances/{instance_id}/configurations", json=body).json()
    expect(changed["restart_required"] is False, "no restart is needed")
    completed(changed["job_id"])
    instance = DDS.get_instance(instance_id)
    expect(instance.name == "otc-renamed", f"it is {instance.name}")
    expect(instance.security_group_id == str(uuid.UUID(int=4)), "another security group")
    expect(instance.groups[0]["volume"]["size"] == "20", f"{instance.groups[0]['volume']}")
    report("get_instance")


def check_recycling(instance_id):
    made = DDS.post("/backups", json={"backup": {"instance_id": instance_id, "name": f"last-{uuid.uuid4().hex}"}}).json()
    completed(made["job_id"])
    DDS.create_policy(enabled=True, retention_period_in_days=2)
    DDS.delete_instance(instance_id)
    deadline = time.monotonic() + 300
    while DDS.find_instance("otc-renamed") is not None:
        expect(time.monotonic() < deadline, "it is still there")
        time.sleep(0.2)
    (bin,) = DDS.recycle_instances()
    (recycled,) = bin.instances
    expect(recycled["id"] == instance_id and recycled["backup_id"] == made["backup_id"], "another instance is in the bin")
    report("recycle_instances")


def main():
    instance_id = check_created()
    check_changes(instance_id)
    check_recycling(instance_id)


if __name__ == "__main__":
    run_steps(main, openstack.exceptions.SDKException)
